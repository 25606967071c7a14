import { describe, expect, it } from '@jest/globals';
import { CommitRequest } from '@wxa/contracts';
import { extConfigFaults } from './ext-config.js';

const faults = (extConfig: CommitRequest['extConfig']) => [
  ...extConfigFaults({ ...CommitRequest.create(), extConfig }),
];
const extJson = (value: string) => faults({ $case: 'extJson', value });
const ext = (value: Record<string, unknown>) => faults({ $case: 'ext', value });

describe('extConfigFaults', () => {
  it('refuses an ext_json of over 100 levels in a sentence of its own', () => {
    const closed = `{"a":${'['.repeat(100)}${']'.repeat(100)}}`;
    const description = 'must have at most 100 objects and lists within each other, has more';
    for (const value of ['['.repeat(60_000), '['.repeat(700_000), '{"a":'.repeat(1000), closed])
      expect(extJson(value)).toEqual([{ field: 'ext_json', description }]);
  });

  it('counts neither closed brackets nor those in texts as levels of ext_json', () => {
    expect(extJson(`{"a":${'['.repeat(99)}${']'.repeat(99)}}`)).toEqual([]);
    expect(extJson(`{"a":[${'[],{},'.repeat(1000)}0]}`)).toEqual([]);
    expect(extJson(`{"a\\"${'['.repeat(200)}":"\\\\","b":"${'{'.repeat(200)}\\""}`)).toEqual([]);
  });

  it('refuses U+0000 in the names and texts of ext, each with its path', () => {
    const value = { ext: { 'na\u0000me': { ok: 'x' }, list: ['ok', { deep: 'a\u0000b' }] } };
    expect(ext(value)).toEqual([
      { field: 'ext.ext.na\\u0000me', description: 'must have no U+0000 in its name' },
      { field: 'ext.ext.list[1].deep', description: 'must have no U+0000' },
    ]);
  });
});
