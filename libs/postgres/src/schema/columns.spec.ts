import { expect, it } from '@jest/globals';
import { binaryArray } from './binary-array.js';
import { columns } from './columns.js';

interface Row {
  appid: string;
  isReleased: boolean;
  error: unknown;
  extPatch: string | null;
  dueAt?: Date | null;
}

const ROW = columns<Row>({
  appid: 'text',
  isReleased: ['boolean', 'released'],
  error: 'json',
  extPatch: 'json text',
  dueAt: 'timestamptz',
});

it('A statement has the columns of its parameters in their order', () => {
  expect(ROW.rows('i', 3)).toBe(
    'unnest($3::text[], $4::boolean[], $5::text[], $6::text[], $7::timestamptz[]) with ordinality as i(appid, released, error, ext_patch, due_at, ord)',
  );
  expect(ROW.count).toBe(5);
  const row = { appid: 'a', isReleased: true, error: { code: 1 }, extPatch: '{}' };
  expect(ROW.values([row, null])).toEqual([
    binaryArray('text', ['a', null]),
    binaryArray('boolean', [true, null]),
    binaryArray('text', ['{"code":1}', null]),
    binaryArray('text', ['{}', null]),
    binaryArray('timestamptz', [null, null]),
  ]);
});

it('Rows are read with the names of their properties and written as the types of their columns', () => {
  expect(ROW.select('t')).toBe(
    't.appid as "appid", t.released as "isReleased", t.error as "error", t.ext_patch::text as "extPatch", t.due_at as "dueAt"',
  );
  expect(ROW.select('t', { appid: "''" })).toMatch(/^'' as "appid", t.released/);
  expect(ROW.prefixed('e_')).toBe('e_appid, e_released, e_error, e_ext_patch, e_due_at');
  expect(ROW.from('i', 'e_')).toMatch(/^i.e_appid, i.e_released, i.e_error::json/);
  expect(ROW.from('i')).toBe('i.appid, i.released, i.error::json, i.ext_patch::json, i.due_at');
  expect(ROW.omit('appid', 'extPatch', 'dueAt').assign('i')).toBe(
    'released = i.released, error = i.error::json',
  );
  expect(ROW.omit('appid', 'error', 'dueAt').names).toBe('released, ext_patch');
});
