import { expect, it } from '@jest/globals';
import { StopScope } from '@wxa/contracts';
import type { PlatformState } from '@wxa/store';
import { toPlatformStatus } from './platform-status.js';

const NOW = Date.parse('2027-01-01T00:00:00Z');
const EMPTY: PlatformState = {
  ...{ operations: [], awaitingResolution: 0, queuedInDoubt: 0, outbox: [], quarantined: [], apis: [] },
  ...{ audits: { open: 0, delayed: 0, oldestMs: null }, authorizers: [], syncedMs: null, auditQuota: null },
  workers: [],
  component: { ticketMs: null, tokenMs: null, tokenUntilMs: null },
  rollouts: { live: [], oldestTurnMs: null, targets: [], wakeups: 0, candidates: 0 },
};
const seconds = (n: number) => ({ seconds: BigInt(n), nanos: 0 });

it('An empty platform has zero counts and neither ages nor a quota', () => {
  expect(toPlatformStatus(EMPTY, true, NOW)).toEqual({
    ...{ ticketAge: undefined, tokenAge: undefined, tokenExpireTime: undefined, auditQuota: undefined },
    authorizers: { authorized: 0, needsAuthorization: 0, unauthorized: 0 },
    apis: [],
    outboxes: ['gateway', 'release-worker'].map((app) => ({
      ...{ app, depth: 0, oldestAge: undefined, quarantined: 0 },
    })),
    platformEvents: { app: 'gateway', depth: 0, oldestAge: undefined, quarantined: 0 },
    workers: [],
    tokenOwner: 'AUTHORIZER_TOKEN_OWNER_THIS_SERVICE',
    ...{ operationsInDoubt: 0, operationsToResolve: 0, openAudits: 0, delayedAudits: 0 },
  });
});

it('Operations in doubt are counted over changes and queries, without those in other states', () => {
  const operations = [
    { state: 'IN_DOUBT', isChange: true, count: 3, oldestMs: 0 },
    { state: 'IN_DOUBT', isChange: false, count: 1, oldestMs: 0 },
    { state: 'QUEUED', isChange: true, count: 9, oldestMs: 0 },
  ];
  const status = toPlatformStatus({ ...EMPTY, operations, awaitingResolution: 2 }, true, NOW);
  expect(status).toMatchObject({ operationsInDoubt: 4, operationsToResolve: 2 });
});

it('Ages are the time since an event, and 0 if the clock of Postgres is ahead', () => {
  const component = { ticketMs: NOW - 61_500, tokenMs: NOW + 5, tokenUntilMs: NOW + 1_000 };
  const outbox = [
    { writer: 'release-worker', depth: 7, oldestMs: NOW - 2_000 },
    { writer: 'gateway-events', depth: 3, oldestMs: NOW - 1_000 },
  ];
  const quarantined = [{ writer: 'gateway', count: 2 }];
  expect(toPlatformStatus({ ...EMPTY, component, outbox, quarantined }, true, NOW)).toMatchObject({
    ticketAge: { seconds: 61n, nanos: 500_000_000 },
    tokenAge: seconds(0),
    tokenExpireTime: new Date(NOW + 1_000),
    outboxes: [
      { app: 'gateway', depth: 0, oldestAge: undefined, quarantined: 2 },
      { app: 'release-worker', depth: 7, oldestAge: seconds(2), quarantined: 0 },
    ],
    platformEvents: { app: 'gateway', depth: 3, oldestAge: seconds(1), quarantined: 0 },
  });
});

it('A stop has the errcode of an exhausted quota, the operator who stopped the API, or both', () => {
  const at = new Date(NOW);
  const stop = { since: at, until: at, source: 'wechat' as const };
  const api = { rate: 9.65, setRate: 10, waiting: 4 };
  const quota = { errcode: 85085, errmsg: 'used up' };
  const operator = { by: 'cli:me@host', onBehalfOf: '王小明', reason: 'broken', scope: 'FORWARD_CHANGES' };
  const apis: PlatformState['apis'] = [
    { ...api, api: 'a', stop: { ...stop, quota, operator: null } },
    { ...api, api: 'b', stop: { ...stop, quota: null, operator } },
    { api: 'c', rate: null, setRate: null, waiting: 0, stop: null },
  ];
  const times = { startTime: at, endTime: at };
  const limits = { callsPerSecond: 9.65, setCallsPerSecond: 10, waitingOperations: 4 };
  const none = { callsPerSecond: undefined, setCallsPerSecond: undefined, stop: undefined };
  const byNobody = { stoppedBy: '', onBehalfOf: '', reason: '', scope: StopScope.STOP_SCOPE_UNSPECIFIED };
  const byOperator = {
    ...{ stoppedBy: operator.by, onBehalfOf: '王小明', reason: 'broken' },
    scope: StopScope.STOP_SCOPE_FORWARD_CHANGES,
  };
  expect(toPlatformStatus({ ...EMPTY, apis }, true, NOW).apis).toEqual([
    { api: 'a', ...limits, stop: { ...times, ...quota, ...byNobody } },
    { api: 'b', ...limits, stop: { ...times, errcode: 0, errmsg: '', ...byOperator } },
    { api: 'c', ...none, waitingOperations: 0 },
  ]);
});

it('The audit quota has the fields that WeChat returned and the time of its answer', () => {
  const auditQuota = { quota: { rest: 3, limit: 10 }, atMs: NOW };
  expect(toPlatformStatus({ ...EMPTY, auditQuota }, true, NOW).auditQuota).toEqual({
    quota: { rest: 3, limit: 10, speedupRest: 0, speedupLimit: 0 },
    time: new Date(NOW),
  });
});

it('Ticket and token of a platform whose own token service renews them are unset, whatever was stored before', () => {
  const component = { ticketMs: NOW - 3_600_000, tokenMs: NOW - 60_000, tokenUntilMs: NOW };
  expect(toPlatformStatus({ ...EMPTY, component }, false, NOW)).toMatchObject({
    ...{ ticketAge: undefined, tokenAge: undefined, tokenExpireTime: undefined },
    tokenOwner: 'AUTHORIZER_TOKEN_OWNER_TOKEN_SERVICE',
  });
  expect(toPlatformStatus({ ...EMPTY, component }, true, NOW).ticketAge).toEqual(seconds(3_600));
});
