import { expect, it } from '@jest/globals';
import { type AuditDecision, auditEvents } from './audit-event.js';

const appid = 'wx0123456789abcdef';
const toEvent = auditEvents((raw) => (raw === '' ? [] : [{ title: raw, details: ['d'] }]));
const rejected: AuditDecision = {
  state: 'REJECTED',
  source: 'CALLBACK',
  decidedAt: new Date('2026-01-02T03:04:05Z'),
  reason: '账号信息不符合规范',
  screenshots: ['s1'],
  originalId: 'gh_1',
};
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const audit = { operationId: 'op-1', auditId: '9007199254740993', userVersion: 'V1.0', traceparent };

it('An audit event omits the parsed reasons if it would be too large for Kafka with them', () => {
  for (const [characters, hasReasons] of [
    [400_000, true],
    [800_000, false],
  ] as const) {
    const { value } = toEvent(appid, audit, { ...rejected, reason: 'r'.repeat(characters) }, 'id');
    expect(Buffer.byteLength(value)).toBeLessThan(900_000);
    expect(JSON.parse(value).reason).toHaveLength(characters);
    expect('reasons' in JSON.parse(value)).toBe(hasReasons);
  }
});

const decided = { appid, originalId: 'gh_1', source: 'AUDIT_SOURCE_CALLBACK' };
const known = { auditId: '9007199254740993', operationId: 'op-1' };
const time = '2026-01-02T03:04:05.000Z';

it('AuditCompleted of a known audit has its id in all digits', () => {
  const event = toEvent(appid, audit, rejected, 'op-1.audit-completed');
  const type = 'wxa.code.v1.AuditCompleted';
  expect(event).toMatchObject({ topic: 'wxa.code.audits.v1', id: 'op-1.audit-completed', type, appid });
  expect(JSON.parse(event.value)).toEqual({
    ...{ ...decided, ...known, result: 'AUDIT_RESULT_REJECTED', decidedTime: time, userVersion: 'V1.0' },
    reason: '账号信息不符合规范',
    reasons: [{ title: '账号信息不符合规范', details: ['d'] }],
    screenshots: ['s1'],
  });
});

it('AuditCompleted of an audit made outside this service has no audit id and no operation id', () => {
  const event = toEvent(appid, null, { ...rejected, state: 'APPROVED', reason: '', screenshots: [] }, 'k');
  const approved = { ...decided, result: 'AUDIT_RESULT_APPROVED', decidedTime: time };
  expect(JSON.parse(event.value)).toEqual(approved);
});

it('An audit event of a callback is of the gateway, whatever process publishes it, and any other of the worker', () => {
  const sources = (['CALLBACK', 'POLL', 'OPERATION'] as const).map(
    (source) => toEvent(appid, audit, { ...rejected, source }, 'k').source,
  );
  expect(sources).toEqual(['gateway', 'release-worker', 'release-worker']);
});

it('AuditDelayed has the reason unchanged', () => {
  const event = toEvent(appid, audit, { ...rejected, state: 'DELAYED', reason: '繁忙' }, 'k');
  expect(event.type).toBe('wxa.code.v1.AuditDelayed');
  expect(JSON.parse(event.value)).toEqual({ ...decided, ...known, reason: '繁忙', delayedTime: time });
});

it('An audit event continues the trace of the SubmitAudit that opened the audit', () => {
  for (const state of ['WITHDRAWN', 'DELAYED'] as const)
    expect(toEvent(appid, audit, { ...rejected, state }, 'k').traceparent).toBe(traceparent);
});

it('An audit event begins a new trace if its SubmitAudit is unknown or deleted', () => {
  const wellFormed = expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  for (const unknown of [null, { ...audit, traceparent: null }])
    expect(toEvent(appid, unknown, rejected, 'k').traceparent).toEqual(wellFormed);
});
