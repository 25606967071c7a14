import { expect, it } from '@jest/globals';
import type { AuditDecision } from '@wxa/contracts';
import { auditOfPush } from './audit-of-push.js';
import type { RecentAudit } from './audits.js';
import type { StoredAudit } from './stored-audit.js';

const T = Date.parse('2026-01-01T00:00:00Z');
const at = (seconds: number) => new Date(T + seconds * 1000);

/** An audit submitted so many seconds after T, and, where it has ended, when and how that was learnt. */
function audit(
  operationId: string,
  submitted: number,
  state: StoredAudit['state'] = 'OPEN',
  decided: number | null = null,
  source: StoredAudit['source'] = 'CALLBACK',
): RecentAudit {
  const decidedAt = decided === null ? null : at(decided);
  const rest = { appid: 'a', auditId: '1', userVersion: '1', delayedAt: null, pushKey: null, isFirst: false };
  return { ...rest, operationId, state, submittedAt: at(submitted), decidedAt, source };
}

function decision(state: AuditDecision['state'], seconds: number): AuditDecision {
  const decidedAt = at(seconds);
  return { state, source: 'CALLBACK', decidedAt, reason: '', screenshots: [], originalId: '' };
}

const of = (audits: RecentAudit[], decision: AuditDecision) =>
  auditOfPush(audits, decision, at(5000).getTime())?.operationId;

const first = audit('first', 0);
const second = audit('second', 1000);
const ended = audit('first', 0, 'REJECTED', 500);

it.each([
  [500, 'first'],
  [999, 'first'],
  [1000, 'second'],
  [5000, 'second'],
  [-10, undefined],
])('A callback decided at second %i is matched to the audit that was open then: %s', (seconds, id) => {
  expect(of([second, first], decision('APPROVED', seconds))).toBe(id);
});

it('A callback is matched to an audit submitted up to 2 s after its decision if no earlier audit fits', () => {
  const approved = decision('APPROVED', 1000);
  const justBefore = audit('first', 0, 'APPROVED', 999);
  const soon = [ended, justBefore, first].map((earlier) => of([audit('second', 1000.9), earlier], approved));
  expect(soon).toEqual(['second', 'second', 'first']);
  expect(of([audit('second', 1002.1), ended], approved)).toBeUndefined();
});

it('A callback dated more than 7 days ago is matched to the open audit', () => {
  const longAgo = decision('APPROVED', -8 * 24 * 3600);
  expect([of([second, ended], longAgo), of([ended], longAgo)]).toEqual(['second', undefined]);
});

it('A callback of any date is matched to the first audit of a mini-program while that is open', () => {
  const only = { ...first, isFirst: true };
  const decided: RecentAudit = { ...only, state: 'APPROVED', decidedAt: at(100) };
  expect(of([only], decision('APPROVED', -600))).toBe('first');
  expect(of([decided], decision('APPROVED', 600))).toBeUndefined();
});

it('A callback decided before an audit ended by callback is matched to that audit', () => {
  const before = [decision('APPROVED', 500), decision('REJECTED', 501), decision('DELAYED', 100)];
  expect(before.map((each) => of([second, ended], each))).toEqual(Array(3).fill('first'));
  expect(of([audit('first', 0.9, 'REJECTED', 0)], decision('DELAYED', 0))).toBe('first');
  expect(of([audit('second', 501.5), ended], decision('DELAYED', 500))).toBe('first');
  const after = [decision('REJECTED', 600), decision('DELAYED', 600)];
  expect(after.map((each) => of([second, ended], each))).toEqual([undefined, undefined]);
});

it('A callback with the result that a poll has found is matched to the polled audit', () => {
  const polled = audit('first', 0, 'REJECTED', 700, 'POLL');
  const found = [300, 730, 800].map((seconds) => of([second, polled], decision('REJECTED', seconds)));
  expect(found).toEqual(['first', 'first', undefined]);
  expect(of([second, polled], decision('APPROVED', 300))).toBeUndefined();
});
