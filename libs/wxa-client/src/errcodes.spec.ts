import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { describeErrcode, knownErrcodes } from './errcodes.js';

const sources: Record<string, number[]> = JSON.parse(
  readFileSync(new URL('./fixtures/errcodes.json', import.meta.url), 'utf8'),
);

describe('the errcode table', () => {
  it.each(Object.entries(sources))('has a row for every code of %s', (_source, codes) => {
    expect(codes.filter((code) => !knownErrcodes.includes(code))).toEqual([]);
  });

  it('has one row and one name for each code', () => {
    const infos = knownErrcodes.map(describeErrcode);
    expect(new Set(infos.map(({ reason }) => reason)).size).toBe(infos.length);
    for (const info of infos) {
      expect(info.reason).toMatch(/^[A-Z][A-Z0-9_]+$/);
      expect(info.text).not.toBe('');
      expect(info.hint).toMatch(/\w.*[.;]/);
    }
  });

  it("has a hint of its own for every code of the source document and of today's examples", () => {
    const general = new Set([85001, 85066, 85029, 85062, 85016].map((code) => describeErrcode(code).hint));
    const codes = [...(sources.sourceDocument ?? []), ...(sources.examples ?? [])];
    expect(codes.filter((code) => general.has(describeErrcode(code).hint))).toEqual([]);
  });

  it.each([
    [-1, 'SYSTEM_BUSY', 'BUSY', true],
    [45011, 'CALLED_TOO_OFTEN', 'RATE', true],
    [9402202, 'CONCURRENT_CALL', 'RATE', true],
    [45009, 'DAILY_QUOTA_EXHAUSTED', 'QUOTA', false],
    [85085, 'AUDIT_QUOTA_EXHAUSTED', 'QUOTA', false],
    [87013, 'UNDO_QUOTA_EXHAUSTED', 'QUOTA', false],
    [40001, 'TOKEN_INVALID', 'TOKEN', false],
    [85009, 'AUDIT_IN_PROGRESS', 'STATE', false],
    [85013, 'EXT_JSON_CONFIG_INVALID', 'CONTENT', false],
    [86000, 'NOT_CALLED_BY_PLATFORM', 'PERMISSION', false],
    [85023, 'AUDIT_ITEM_COUNT_INVALID', 'REQUEST', false],
  ])('describes %d as %s', (errcode, reason, category, retryable) => {
    expect(describeErrcode(errcode)).toMatchObject({ errcode, reason, category, retryable });
  });

  it('lets a running privacy check be retried after a minute', () => {
    expect(describeErrcode(61039)).toMatchObject({
      category: 'STATE',
      retryable: true,
      retryAfterMs: 60_000,
    });
  });

  it('tells of a code it does not know, with the code', () => {
    const info = describeErrcode(123456);
    expect(info).toMatchObject({ reason: 'WECHAT_123456', category: 'INTERNAL', retryable: false });
    expect(info.hint).toContain('123456');
  });
});
