import { describe, expect, it } from '@jest/globals';
import { json, printable } from './printable.js';
import { pairs, table, widthOf } from './table.js';

const HEAD = ['appid', 'state', 'hint'];
const ROWS = [
  ['wx0123456789abcdef', 'IN_DOUBT', '待审核的小程序需要等待操作员处理后才能继续'],
  ['wx0123456789abcdef', 'QUEUED', ''],
];

describe('table', () => {
  it.each([40, 60, 120])(
    'A table on a terminal of %d columns is no wider, whatever the script',
    (columns) => {
      const lines = table(HEAD, ROWS, { isTTY: true, columns }).split('\n');
      expect(lines).toHaveLength(3);
      expect(lines[0]).toMatch(/^APPID +STATE +HINT$/);
      expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(columns);
      expect(lines[1]).toContain('IN_DOUBT');
    },
  );

  it('Elsewhere a row is one line with a tab between two cells, uncut and without a head', () => {
    expect(table(HEAD, [['a', 'b\nb', 'c\tc']], {})).toBe('a\tb b\tc c');
    expect(pairs([['name', 'x'.repeat(200)]], {})).toBe(`name\t${'x'.repeat(200)}`);
  });
});

it('A Chinese character takes two columns and a Latin one takes one', () => {
  expect(['a', '待审', 'a待。'].map(widthOf)).toEqual([1, 4, 5]);
});

it('Control characters of foreign text are replaced in text and escaped in JSON', () => {
  const hostile = 'a\u001b[2Jb\u202ec\u009bd';
  expect(printable(hostile)).toBe('a\ufffd[2Jb\ufffdc\ufffdd');
  expect(json({ hostile })).toBe('{"hostile":"a\\u001b[2Jb\\u202ec\\u009bd"}');
  expect(JSON.parse(json({ hostile }))).toEqual({ hostile });
});
