import { expect, it } from '@jest/globals';
import { UndoAuditRequest } from '@wxa/contracts';
import { violationsOf } from './acceptance-checks.js';

const appid = 'wx0123456789abcdef';
const fieldsOf = (violations: { field: string }[]) => violations.map(({ field }) => field);

const ofAppid = (wrong: string) => ({ appid: wrong });
const ofRequest = (requestId: string) => ({ requestId });
const PLATFORM = 'wxc0de000000000000';

it.each<[string[], Partial<UndoAuditRequest>[]]>([
  [[], [{ appid }, { appid: 'wxffffffffffffffff' }]],
  [['appid'], ['', 'wx', 'WX0123456789abcdef', 'wx0123456789ABCDEF', 'wx0123456789abcde'].map(ofAppid)],
  [['appid'], [`${appid}0`, `${appid}\n`].map(ofAppid)],
  [[], ['', 'a', 'rollout', 'my-rollout-1', '~'.repeat(64), 'with blanks'].map(ofRequest)],
  [['request_id'], ['rollout-', 'rollout-1', 'a'.repeat(65), '中', 'a\tb', 'a\u007f', 'a\n'].map(ofRequest)],
])('violationsOf names %j for each UndoAudit of %j.', (fields, requests) => {
  for (const given of requests) {
    const request = UndoAuditRequest.fromPartial({ appid, ...given });
    expect([given, fieldsOf(violationsOf('UndoAudit', request))]).toEqual([given, fields]);
  }
});

it.each<[string, string | undefined, string[]]>([
  [PLATFORM, PLATFORM, []],
  [appid, PLATFORM, ['appid']],
  ['', PLATFORM, ['appid']],
  [PLATFORM, undefined, []],
  ['', undefined, ['appid']],
])(
  'A call for the platform with the appid %p, whose component appid is %p, has the violations %j.',
  (given, component, fields) => {
    const request = { appid: given, requestId: '', templateId: 0n };
    expect(fieldsOf(violationsOf('DeleteTemplate', request, component))).toEqual(fields);
  },
);
