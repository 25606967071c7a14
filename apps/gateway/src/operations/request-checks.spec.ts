import { expect, it } from '@jest/globals';
import {
  AuditState,
  type LiftApiStopRequest,
  ListAuditsRequest,
  ListAuthorizersRequest,
  type ListLanesRequest,
} from '@wxa/contracts';
import { type Rule, violationsBy } from '@wxa/methods';
import { pageToken } from './page-token.js';
import { AUDIT_RULES, AUTHORIZER_RULES, OPERATION_RULES, PLATFORM_RULES } from './request-checks.js';

function refusedFields<R>(rules: readonly Rule<R>[], request: R): string[] {
  return violationsBy(rules, request).map(({ field }) => field);
}

const appid = 'wx0123456789abcdef';
const label = (n: number) => '餐'.repeat(n);
const afterTheYear9999 = new Date(Date.parse('9999-12-31T23:59:59.999Z') + 1);
const otherList = pageToken(appid, ['authorizers', 'AUTHORIZER_STATE_UNSPECIFIED']);

it.each<[string[], Partial<ListLanesRequest>]>([
  [[], { pageSize: 500 }],
  [['page_size'], { pageSize: -1 }],
  [['page_size'], { pageSize: 501 }],
  [['page_token'], { pageToken: 'x' }],
  [['page_token'], { pageToken: otherList }],
])('The invalid fields of ListLanes are %j: %p', (fields, given) => {
  const request = { pageSize: 500, pageToken: '', ...given };
  expect(refusedFields(OPERATION_RULES.listLanes, request)).toEqual(fields);
});

it.each<[string[], string[]]>([
  [[], []],
  [[], Array.from({ length: 20 }, (_, n) => label(n + 31))],
  [['labels'], Array.from({ length: 21 }, (_, n) => `${n}`)],
  [['labels[1]'], ['a', '']],
  [['labels[0]'], [label(51)]],
  [['labels[0]'], ['a\nb']],
])('The invalid fields of SetAuthorizerLabels and ListAuthorizers are %j: %j', (fields, labels) => {
  const list = ListAuthorizersRequest.fromPartial({ labels });
  expect(refusedFields(AUTHORIZER_RULES.setAuthorizerLabels, { appid, labels })).toEqual(fields);
  expect(refusedFields(AUTHORIZER_RULES.listAuthorizers, list)).toEqual(fields);
});

it('SetAuthorizerLabels names an invalid appid', () => {
  const request = { appid: '', labels: [] };
  expect(refusedFields(AUTHORIZER_RULES.setAuthorizerLabels, request)).toEqual(['appid']);
});

it.each<[string[], Partial<ListAuditsRequest>]>([
  [[], { appid, delayed: true, state: AuditState.AUDIT_STATE_PENDING, pageSize: 500 }],
  [['state'], { state: AuditState.UNRECOGNIZED }],
  [['state'], { state: AuditState.AUDIT_STATE_DELAYED }],
  [['delayed'], { delayed: true, state: AuditState.AUDIT_STATE_APPROVED }],
  [['appid'], { appid: 'wx1' }],
  [['submitted_before'], { submittedBefore: afterTheYear9999 }],
  [['audit_id'], { auditId: -1n }],
  [['page_size'], { pageSize: 501 }],
  [['page_token'], { pageToken: 'x' }],
])('The invalid fields of ListAudits are %j: %p', (fields, given) => {
  expect(refusedFields(AUDIT_RULES.listAudits, ListAuditsRequest.fromPartial(given))).toEqual(fields);
});

it.each<[string[], { appid: string; auditId: bigint }]>([
  [[], { appid, auditId: 1n }],
  [['appid', 'audit_id'], { appid: '', auditId: 0n }],
])('The invalid fields of GetAudit are %j: %p', (fields, request) => {
  expect(refusedFields(AUDIT_RULES.getAudit, request)).toEqual(fields);
});

it.each<[string[], Partial<LiftApiStopRequest>]>([
  [[], {}],
  [[], { onBehalfOf: '王'.repeat(200), reason: `${'原'.repeat(1_998)}\n.` }],
  [['api'], { api: '' }],
  [['api'], { api: 'wxa/re laese' }],
  [['api'], { api: '*' }],
  [['on_behalf_of'], { onBehalfOf: 'x'.repeat(201) }],
  [['on_behalf_of'], { onBehalfOf: 'a\nb' }],
  [['reason'], { reason: 'x'.repeat(2_001) }],
  [['reason'], { reason: 'a\u0000b' }],
])('The invalid fields of LiftApiStop are %j: %j', (fields, given) => {
  const request = { api: 'wxa/release', onBehalfOf: '', reason: '', ...given };
  expect(refusedFields(PLATFORM_RULES.liftApiStop, request)).toEqual(fields);
});
