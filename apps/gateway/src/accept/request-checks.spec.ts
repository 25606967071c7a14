import { describe, expect, it } from '@jest/globals';
import { UndoAuditRequest } from '@wxa/contracts';
import { violationsOf } from './request-checks.js';

const appid = 'wx0123456789abcdef';
const fieldsOf = (violations: { field: string }[]) => violations.map(({ field }) => field);

describe('appid and request_id', () => {
  const violations = (fields: Partial<UndoAuditRequest>) =>
    fieldsOf(violationsOf('UndoAudit', UndoAuditRequest.fromPartial({ appid, ...fields })));

  it.each([appid, 'wxffffffffffffffff'])('violationsOf accepts the appid %s.', (value) => {
    expect(violations({ appid: value })).toEqual([]);
  });

  it.each([
    '',
    'wx',
    'WX0123456789abcdef',
    'wx0123456789ABCDEF',
    'wx0123456789abcde',
    `${appid}0`,
    `${appid}\n`,
  ])('violationsOf rejects the appid %p.', (value) => {
    expect(violations({ appid: value })).toEqual(['appid']);
  });

  it.each(['', 'a', 'rollout', 'my-rollout-1', '~'.repeat(64), 'with blanks'])(
    'violationsOf accepts the request_id %p.',
    (requestId) => {
      expect(violations({ requestId })).toEqual([]);
    },
  );

  it.each(['rollout-', 'rollout-1', 'a'.repeat(65), '中', 'a\tb', 'a\u007f', 'a\n'])(
    'violationsOf rejects the request_id %p.',
    (requestId) => {
      expect(violations({ requestId })).toEqual(['request_id']);
    },
  );
});

describe('appid of a call for the platform', () => {
  const ours = 'wxc0de000000000000';
  const violations = (given: string, componentAppid?: string) =>
    fieldsOf(violationsOf('DeleteTemplate', { appid: given, requestId: '', templateId: 0n }, componentAppid));

  it('violationsOf requires the component appid of a call for the platform, if that is known.', () => {
    expect([violations(ours, ours), violations(appid, ours), violations('', ours)]).toEqual([
      [],
      ['appid'],
      ['appid'],
    ]);
    expect([violations(ours), violations('')]).toEqual([[], ['appid']]);
  });
});
