import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(`${root}${path}`, 'utf8');
const FIXTURES = 'libs/wxa-client/src/fixtures/';

const rows = read('docs/wechat-drift.md')
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(1)
  .map((line) =>
    line
      .slice(1, -1)
      .split(' | ')
      .map((cell) => cell.trim()),
  );

/** Pages of the 16 calls; the others are of calls beside them. */
const BESIDE = ['getversioninfo', 'getvisitstatus', 'get_history_version'];

function todaysCodes(): string[] {
  const pages = readdirSync(`${root}${FIXTURES}api`).filter(
    (file) => !BESIDE.some((name) => file.startsWith(name)),
  );
  return pages.flatMap((file) => Object.keys(JSON.parse(read(`${FIXTURES}api/${file}`)).errcodes));
}

describe('docs/wechat-drift.md', () => {
  it('has five cells in each row, none empty', () => {
    expect(rows.length).toBeGreaterThan(50);
    expect(rows.filter((cells) => cells.length !== 5 || cells.some((cell) => cell === ''))).toEqual([]);
  });

  it.each(rows.map(([what = '', , , , tests = '']) => [what, tests]))(
    'names tests for %s that exist',
    (_, tests) => {
      const named = tests.split('; ').map((one) => /^`([^`]+)`: (.+)$/.exec(one) ?? [one, '', '']);
      for (const [, path = '', words = ''] of named) {
        expect(words).not.toBe('');
        expect(read(path)).toContain(words.replace(/^`(.*)`$/, '$1'));
      }
    },
  );

  it('has every code of today’s pages that the source document does not have', () => {
    const { sourceDocument } = JSON.parse(read(`${FIXTURES}errcodes.json`)) as { sourceDocument: number[] };
    const told = rows.flatMap(([what = '', ...cells]) => `${what} ${cells[1]}`.match(/-?\d{5,}/g) ?? []);
    const added = todaysCodes().filter((code) => !sourceDocument.includes(Number(code)));
    expect(added.length).toBeGreaterThan(20);
    expect(added.filter((code) => !told.includes(code))).toEqual([]);
  });
});
