import { describe, expect, it } from '@jest/globals';
import { CommitRequest } from '@wxa/contracts';
import { extConfigViolations } from './ext-config.js';

const violations = (extConfig: CommitRequest['extConfig']) => [
  ...extConfigViolations({ ...CommitRequest.create(), extConfig }),
];
const extJson = (value: string) => violations({ $case: 'extJson', value });
const ext = (value: Record<string, unknown>) => violations({ $case: 'ext', value });

describe('extConfigViolations', () => {
  it('An ext_json of more than 100 levels is a violation with a description of its own.', () => {
    const closed = `{"a":${'['.repeat(100)}${']'.repeat(100)}}`;
    const description = 'must have at most 100 levels of nested objects and lists, has more';
    for (const value of ['['.repeat(60_000), '['.repeat(700_000), '{"a":'.repeat(1000), closed])
      expect(extJson(value)).toEqual([{ field: 'ext_json', description }]);
  });

  it('Closed brackets, and brackets in strings, do not count as levels of ext_json.', () => {
    expect(extJson(`{"a":${'['.repeat(99)}${']'.repeat(99)}}`)).toEqual([]);
    expect(extJson(`{"a":[${'[],{},'.repeat(1000)}0]}`)).toEqual([]);
    expect(extJson(`{"a\\"${'['.repeat(200)}":"\\\\","b":"${'{'.repeat(200)}\\""}`)).toEqual([]);
  });

  it('Each U+0000 in a name or text of ext is a violation with its path.', () => {
    const value = { ext: { 'na\u0000me': { ok: 'x' }, list: ['ok', { deep: 'a\u0000b' }] } };
    expect(ext(value)).toEqual([
      { field: 'ext.ext.na\\u0000me', description: 'must have no U+0000 in its name' },
      { field: 'ext.ext.list[1].deep', description: 'must have no U+0000' },
    ]);
  });
});
