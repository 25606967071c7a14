import { expect, it } from '@jest/globals';
import { eventType } from '@wxa/contracts';
import type { RunHistory } from '../history.js';
import { check } from './check.js';
import { resent } from './commands.js';
import { harmlessRepetitions } from './done.js';
import { evidence } from './finding.js';
import { cleanHistory } from './fixtures/clean-history.js';
import {
  again,
  audit,
  commandAgain,
  doubt,
  doubtWithoutClaim,
  fail,
  forgotten,
  interrupted,
  lostAnswer,
  nth,
  overDeadline,
  overlap,
  rejectedAfterBusy,
  repeatedAfterReads,
  restored,
  swapEffects,
  undone,
} from './fixtures/spoil.js';

const [COMMIT, RELEASE, VISIT, REVERT] = [0, 2, 3, 4];

/** Histories without an error. */
const ALLOWED: Record<string, (history: RunHistory) => unknown> = {
  'an unchanged history': () => undefined,
  'an outcome published twice unchanged': (h) => h.events.push({ ...nth(h.events, RELEASE), offset: '99' }),
  'a repeated request that got the same operation': (h) =>
    nth(h.requested, COMMIT).attempts.push({
      gateway: 1,
      sentAt: 20,
      endedAt: 30,
      operation: 'operation-0',
    }),
  'a lost response whose effect was reconciled': (h) => lostAnswer(h, RELEASE),
  'two concurrent changes executed in either order': (h) => {
    overlap(h, COMMIT);
    swapEffects(h, COMMIT);
  },
  'an open audit without an event': (h) => {
    Object.assign(nth(h.audits, 0), { state: 'OPEN' });
    h.events.splice(h.events.indexOf(audit(h)), 1);
  },
  'a visit status set again after a -1': (h) => {
    Object.assign(nth(h.calls, VISIT), { errcode: -1 });
    again(h, VISIT, 0);
  },
  'a visit status set again because the read was refused': (h) => repeatedAfterReads(h, VISIT, [48001]),
  'a visit status set again because the read remained unanswered': (h) =>
    repeatedAfterReads(h, VISIT, [null, -1, null, null]),
  'a change whose claim and outcome a restore has forgotten': (h) => forgotten(h, 4500, REVERT),
  'two changes of one mini-program that a restore has forgotten, of which one is executed again': (h) => {
    forgotten(h, 4500, VISIT, REVERT);
    again(h, REVERT, 0, 20_000);
  },
  'two changes of one mini-program that a restore has forgotten, of which one failed': (h) => {
    forgotten(h, 4500, VISIT, REVERT);
    fail(h, VISIT);
  },
  'a release that a restore put in doubt without its claim': (h) => doubtWithoutClaim(h, RELEASE),
  'a change in doubt that needs an operator, and the change blocked by it': (h) => {
    Object.assign(nth(h.operations, VISIT), { state: 'IN_DOUBT', endedAt: null });
    Object.assign(nth(h.operations, REVERT), { state: 'QUEUED', startedAt: null, endedAt: null });
    undone(h, REVERT);
    const event = nth(h.events, VISIT);
    Object.assign(event, { type: eventType('OperationInDoubt'), id: 'operation-3.in-doubt.1' });
    h.events.splice(REVERT, 1);
  },
  ...Object.fromEntries(
    [42001, 45009, 61003].map((errcode) => [
      `a change in doubt because ${errcode} followed a -1 that had been executed`,
      (h) => {
        rejectedAfterBusy(h, REVERT, errcode);
        doubt(h, REVERT);
      },
    ]),
  ),
  'a rejection after a -1 that had not been executed': (h) => {
    rejectedAfterBusy(h, REVERT, 61003);
    Object.assign(nth(h.calls, REVERT), { effect: null, effectAt: null });
    fail(h, REVERT);
  },
  'a deadline exceeded because WeChat did not serve the calls': (h) => overDeadline(h, REVERT, 4),
  'a command that a killed relay sent and did not delete': (h) => {
    commandAgain(h, RELEASE, 6000);
    interrupted(h, RELEASE);
  },
  'a command that a restore published again': (h) => {
    restored(h, RELEASE, 60_000);
    commandAgain(h, RELEASE, 62_000);
  },
  'a change that was accepted as Postgres was about to lose it': (h) => {
    restored(h, REVERT, 1000);
    h.operations.splice(REVERT, 1);
    h.calls.splice(REVERT, 1);
  },
  'a query that ended after the table was read': (h) => {
    Object.assign(nth(h.operations, RELEASE), { isChange: false, state: 'RUNNING', endedAt: null });
    h.requested.splice(RELEASE, 1);
    h.calls.splice(RELEASE, 1);
    h.tableReadAt = nth(h.events, RELEASE).at - 1;
  },
  'a request that was not accepted': (h) =>
    h.requested.push({ ...nth(h.requested, REVERT), requestId: 'r9', attempts: [] }),
};

it.each(Object.entries(ALLOWED))('check reports nothing for %s', (_, change) => {
  const history = cleanHistory();
  change(history);
  expect(Object.values(check(history)).flat()).toEqual([]);
});

it('resent counts a command that the outbox relay sent twice', () => {
  const history = cleanHistory();
  commandAgain(history, RELEASE, 6000);
  interrupted(history, RELEASE);
  expect(resent(evidence(history))).toMatchObject([{ operationId: 'operation-2' }]);
});

it('repeated counts a harmless retry after a -1', () => {
  const history = cleanHistory();
  Object.assign(nth(history.calls, VISIT), { errcode: -1 });
  again(history, VISIT, 0);
  expect(harmlessRepetitions(evidence(history))).toHaveLength(1);
});
