import { describe, expect, it } from '@jest/globals';
import stringWidth from 'string-width';
import { type Output, Screen } from './screen.js';

function screen(terminal: Partial<Output> = {}, env: NodeJS.ProcessEnv = {}) {
  const lines: string[] = [];
  const output = { write: (text: string) => lines.push(...text.replace(/\n$/, '').split('\n')), ...terminal };
  return { lines, screen: new Screen(output, env) };
}

const ESC = '\u001b';

describe('Screen', () => {
  it('cuts a line at 80 columns, a Chinese character counted as two', () => {
    const { lines, screen: tested } = screen();
    tested.line('账'.repeat(40));
    tested.line('账'.repeat(41));
    tested.line(`a${'账'.repeat(41)}`);
    tested.line('👩‍👩‍👧'.repeat(41));
    expect(lines).toEqual([
      '账'.repeat(40),
      `${'账'.repeat(39)}…`,
      `a${'账'.repeat(39)}…`,
      `${'👩‍👩‍👧'.repeat(39)}…`,
    ]);
  });

  it('keeps what stands at the right edge whole', () => {
    const { lines, screen: tested } = screen();
    tested.line('小程序'.repeat(20), { right: '1.25 s' });
    tested.line('ok', { right: '1.25 s' });
    expect(lines.map((line) => stringWidth(line))).toEqual([80, 80]);
    expect(lines.every((line) => line.endsWith(' 1.25 s'))).toBe(true);
  });

  it('takes the width of a terminal', () => {
    const { lines, screen: tested } = screen({ isTTY: true, columns: 30 });
    tested.line('x'.repeat(100));
    expect(lines).toEqual([`${'x'.repeat(29)}…`]);
  });

  it('spreads a paragraph over lines and loses nothing', () => {
    const { lines, screen: tested } = screen();
    tested.paragraph('功能页面设置的部分标签不属于所选的服务类目范围。'.repeat(5), { indent: '   ' });
    expect(lines.length).toBeGreaterThan(2);
    expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(80);
    expect(lines.map((line) => line.trim()).join('')).toBe(
      '功能页面设置的部分标签不属于所选的服务类目范围。'.repeat(5),
    );
  });

  it('colours only on a terminal that wants it', () => {
    const shown = ([terminal, env]: [Partial<Output>, NodeJS.ProcessEnv]) => {
      const { lines, screen: tested } = screen(terminal, env);
      tested.line('ok', { look: 'green' });
      return lines[0];
    };
    const coloured = `${ESC}[32mok${ESC}[39m`;
    expect(shown([{ isTTY: true }, {}])).toBe(coloured);
    expect(shown([{ isTTY: true }, { NO_COLOR: '1' }])).toBe('ok');
    expect(shown([{ isTTY: true }, { TERM: 'dumb' }])).toBe('ok');
    expect(shown([{}, { CI: 'true', FORCE_COLOR: '1' }])).toBe('ok');
  });

  it("does not obey control characters in others' text", () => {
    const { lines, screen: tested } = screen();
    tested.line(`a${ESC}[2Jb\nc`);
    expect(lines).toEqual(['a [2Jb c']);
  });
});
