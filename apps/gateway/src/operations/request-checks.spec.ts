import { describe, expect, it } from '@jest/globals';
import {
  AuditState,
  type LiftApiStopRequest,
  ListAuditsRequest,
  ListAuthorizersRequest,
} from '@wxa/contracts';
import { RpcError } from '../errors/rpc-error.js';
import { pageToken } from './page-token.js';
import { refuseInvalid } from './request-checks.js';

/** The fields that an error names; none if there is no error. */
function refusedFields(check: () => void): string[] {
  try {
    check();
    return [];
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return (error.facts.violations ?? []).map(({ field }) => field);
  }
}

describe('ListLanes', () => {
  it.each([
    ['page_size', { pageSize: -1 }],
    ['page_size', { pageSize: 501 }],
    ['page_token', { pageToken: 'x' }],
    [
      'page_token',
      { pageToken: pageToken('wx0123456789abcdef', ['authorizers', 'AUTHORIZER_STATE_UNSPECIFIED']) },
    ],
  ])('ListLanes names %s if it is invalid: %j', (field, fields) => {
    expect(
      refusedFields(() => refuseInvalid('ListLanes', { pageSize: 500, pageToken: '', ...fields })),
    ).toEqual([field]);
  });
});

describe('labels of authorizers', () => {
  const appid = 'wx0123456789abcdef';
  const label = (n: number) => '餐'.repeat(n);

  it.each<[string[], string[]]>([
    [[], []],
    [[], Array.from({ length: 20 }, (_, n) => label(n + 31))],
    [['labels'], Array.from({ length: 21 }, (_, n) => `${n}`)],
    [['labels[1]'], ['a', '']],
    [['labels[0]'], [label(51)]],
    [['labels[0]'], ['a\nb']],
  ])(
    'SetAuthorizerLabels and ListAuthorizers name %j as the invalid fields of the labels %j',
    (fields, labels) => {
      const list = ListAuthorizersRequest.fromPartial({ labels });
      expect(refusedFields(() => refuseInvalid('SetAuthorizerLabels', { appid, labels }))).toEqual(fields);
      expect(refusedFields(() => refuseInvalid('ListAuthorizers', list))).toEqual(fields);
    },
  );

  it('SetAuthorizerLabels names an invalid appid', () => {
    expect(refusedFields(() => refuseInvalid('SetAuthorizerLabels', { appid: '', labels: [] }))).toEqual([
      'appid',
    ]);
  });
});

describe('Audits', () => {
  const appid = 'wx0123456789abcdef';
  const refused = (fields: Partial<ListAuditsRequest>) =>
    refusedFields(() => refuseInvalid('ListAudits', ListAuditsRequest.fromPartial(fields)));

  it.each<[string[], Partial<ListAuditsRequest>]>([
    [[], { appid, delayed: true, state: AuditState.AUDIT_STATE_PENDING, pageSize: 500 }],
    [['state'], { state: AuditState.UNRECOGNIZED }],
    [['state'], { state: AuditState.AUDIT_STATE_DELAYED }],
    [['delayed'], { delayed: true, state: AuditState.AUDIT_STATE_APPROVED }],
    [['appid'], { appid: 'wx1' }],
    [['submitted_before'], { submittedBefore: new Date(Date.parse('9999-12-31T23:59:59.999Z') + 1) }],
    [['page_size'], { pageSize: 501 }],
    [['page_token'], { pageToken: 'x' }],
  ])('ListAudits names %j as the invalid fields of %p', (fields, request) => {
    expect(refused(request)).toEqual(fields);
  });

  it.each<[string[], { appid: string; auditId: bigint }]>([
    [[], { appid, auditId: 1n }],
    [['appid', 'audit_id'], { appid: '', auditId: 0n }],
  ])('GetAudit names %j as the invalid fields of %p', (fields, request) => {
    expect(refusedFields(() => refuseInvalid('GetAudit', request))).toEqual(fields);
  });
});

describe('LiftApiStop', () => {
  const refused = (fields: Partial<LiftApiStopRequest>) =>
    refusedFields(() =>
      refuseInvalid('LiftApiStop', { api: 'wxa/release', onBehalfOf: '', reason: '', ...fields }),
    );

  it.each<Partial<LiftApiStopRequest>>([
    {},
    { onBehalfOf: '王'.repeat(200), reason: `${'原'.repeat(1_998)}\n.` },
  ])('LiftApiStop accepts %j', (fields) => {
    expect(refused(fields)).toEqual([]);
  });

  it.each<[string, Partial<LiftApiStopRequest>]>([
    ['api', { api: '' }],
    ['api', { api: 'wxa/relaese' }],
    ['api', { api: '*' }],
    ['on_behalf_of', { onBehalfOf: 'x'.repeat(201) }],
    ['on_behalf_of', { onBehalfOf: 'a\nb' }],
    ['reason', { reason: 'x'.repeat(2_001) }],
    ['reason', { reason: 'a\u0000b' }],
  ])('LiftApiStop names %s if it is invalid: %j', (field, fields) => {
    expect(refused(fields)).toEqual([field]);
  });
});
