import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(`${root}${path}`, 'utf8');
const FIXTURES = 'libs/wxa-client/fixtures/';

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

/** The pages of the 16 calls that list errcodes. */
const PAGES = [
  ...['commit', 'get_category', 'get_page', 'submit_audit', 'get_auditstatus', 'get_latest_auditstatus'],
  ...['release', 'change_visitstatus', 'getweappsupportversion', 'setweappsupportversion', 'grayrelease'],
  ...['undocodeaudit', 'revertcoderelease', 'revertgrayrelease', 'getgrayreleaseplan'],
];

const json = (path: string): Record<string, object> => JSON.parse(read(`${FIXTURES}${path}`));
const todaysCodes = () => PAGES.flatMap((page) => Object.keys(json(`api/${page}.json`).errcodes ?? {}));

it('docs/wechat-drift.md has five cells in each row, none empty', () => {
  expect(rows.length).toBeGreaterThan(50);
  expect(rows.filter((cells) => cells.length !== 5 || cells.some((cell) => cell === ''))).toEqual([]);
});

it.each(rows.map(([what = '', , , , tests = '']) => [what, tests]))(
  'docs/wechat-drift.md names existing tests for %s',
  (_, tests) => {
    const named = tests.split('; ').map((one) => /^`([^`]+)`: (.+)$/.exec(one) ?? [one, '', '']);
    for (const [, path = '', title = ''] of named) {
      expect(title).not.toBe('');
      expect(read(path)).toContain(title.replace(/^`(.*)`$/, '$1'));
    }
  },
);

it('docs/wechat-drift.md lists every newer errcode that the source document does not have', () => {
  const known = Object.keys(json('errcodes.json').sourceDocument ?? {});
  const listed = rows.flatMap(([what = '', ...cells]) => `${what} ${cells[1]}`.match(/-?\d{5,}/g) ?? []);
  const added = todaysCodes().filter((code) => !known.includes(code));
  expect(added.length).toBeGreaterThan(20);
  expect(added.filter((code) => !listed.includes(code))).toEqual([]);
});
