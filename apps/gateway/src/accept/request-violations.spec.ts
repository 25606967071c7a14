import { describe, expect, it } from '@jest/globals';
import type { UndoAuditRequest } from '@wxa/contracts';
import { violationsOf } from './request-violations.js';

const appid = 'wx0123456789abcdef';
const fieldsOf = (violations: { field: string }[]) => violations.map(({ field }) => field);

describe('every request', () => {
  const faults = (fields: Partial<UndoAuditRequest>) =>
    fieldsOf(violationsOf('UndoAudit', { appid, requestId: '', ...fields }));

  it.each([appid, 'wxffffffffffffffff'])('takes the appid %s', (value) => {
    expect(faults({ appid: value })).toEqual([]);
  });

  it.each([
    '',
    'wx',
    'WX0123456789abcdef',
    'wx0123456789ABCDEF',
    'wx0123456789abcde',
    `${appid}0`,
    `${appid}\n`,
  ])('refuses the appid %p', (value) => {
    expect(faults({ appid: value })).toEqual(['appid']);
  });

  it.each(['', 'a', '~'.repeat(64), 'with blanks'])('takes the request_id %p', (requestId) => {
    expect(faults({ requestId })).toEqual([]);
  });

  it.each(['a'.repeat(65), '中', 'a\tb', 'a\u007f', 'a\n'])('refuses the request_id %p', (requestId) => {
    expect(faults({ requestId })).toEqual(['request_id']);
  });
});

describe('a call of the platform itself', () => {
  const ours = 'wxc0de000000000000';
  const faults = (given: string, componentAppid?: string) =>
    fieldsOf(violationsOf('DeleteTemplate', { appid: given, requestId: '', templateId: 0n }, componentAppid));

  it('has the component appid, where that is known', () => {
    expect([faults(ours, ours), faults(appid, ours), faults('', ours)]).toEqual([[], ['appid'], ['appid']]);
    expect([faults(ours), faults('')]).toEqual([[], ['appid']]);
  });
});
