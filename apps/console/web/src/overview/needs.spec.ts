import { expect, it } from '@jest/globals';
import { needsOf, type Seen } from './needs.js';

const NOW = Date.UTC(2026, 11, 1);
const STATUS = {
  apis: [],
  outboxes: [],
  workers: [{ version: '1', count: 2 }],
  operationsToResolve: 0,
  operationsInDoubt: 0,
  delayedAudits: 0,
  ticketAge: '120s',
};
const WORDS: Pick<Seen, 'titleOf' | 'pauseOf'> = {
  titleOf: ({ id }) => id,
  pauseOf: () => ['by hand', 'li'],
};
const seen = (status: object, rest: object = {}) =>
  ({ status: { ...STATUS, ...status }, now: NOW, ...WORDS, ...rest }) as unknown as Seen;
const kinds = (given: Seen) => needsOf(given).map(({ kind }) => kind);
const gate = (passed: string) => ({
  ...{ cause: 'CAUSE_GATE', targets: 25 },
  explanation: {
    reason: 'GATE_SHARE',
    arguments: { passed, targets: '5', percent: '100', manual: 'true' },
  },
});
const rollout = (id: string, state: string, rest: object = {}) => ({
  ...{ id, spec: { name: id }, state: `ROLLOUT_STATE_${state}`, holds: [], counts: [] },
  ...rest,
});

it('A healthy platform needs nobody, and what could not be read needs nobody either.', () => {
  expect(needsOf(seen({ operationsInDoubt: 5, auditQuota: { quota: { rest: 5, limit: 10 } } }))).toEqual([]);
  expect(needsOf({ now: NOW, ...WORDS })).toEqual([]);
});

it('The most severe comes first, and of many stopped APIs two are named.', () => {
  const stop = (api: string) => ({ api, stop: {}, waitingOperations: 2 });
  const apis = [...['a', 'b', 'c'].map(stop), { api: 'd', waitingOperations: 0 }];
  const authorizers = { needsAuthorization: 3 };
  const needs = needsOf(seen({ apis, authorizers, delayedAudits: 1, operationsToResolve: 4 }));
  expect(needs.map(({ kind }) => kind)).toEqual(['apisStopped', 'doubts', 'tokens', 'delayed']);
  expect(needs[0]?.values).toEqual({ names: 'a b', n: 3, more: 1, waiting: 6 });
});

it('A late ticket, a used-up quota and an outbox that does not move are severe.', () => {
  const outboxes = [{ oldestAge: '61s', quarantined: 0 }];
  const auditQuota = { quota: { rest: 0, limit: 1_000 } };
  expect(kinds(seen({ ticketAge: '2700s', outboxes, auditQuota }))).toEqual([
    ...['quotaUsed', 'ticketLate', 'outbox'],
  ]);
  expect(kinds(seen({ auditQuota: { quota: { rest: 0, limit: 0 } } }))).toEqual([]);
  expect(kinds(seen({ platformEvents: { quarantined: 3 } }))).toEqual(['outbox']);
});

it('A platform without workers executes nothing, which is severe.', () => {
  expect(needsOf(seen({ workers: [] }))).toMatchObject([{ kind: 'workers', severity: 1, to: '/platform' }]);
});

it('A rollout needs somebody if a rule paused it, a gate waits, something holds it, or it has ended with failures.', () => {
  const failures = [{ state: 'ROLLOUT_TARGET_STATE_FAILED', count: 6 }];
  const ended = (days: number) => new Date(NOW - days * 86_400_000).toISOString();
  const rollouts = [
    rollout('by hand', 'PAUSED', { pauseCause: 'ROLLOUT_PAUSE_CAUSE_REQUESTED' }),
    rollout('gate', 'RUNNING', { holds: [gate('5')] }),
    rollout('not yet', 'RUNNING', { holds: [gate('4')] }),
    rollout('quota', 'RUNNING', {
      holds: [
        { cause: 'CAUSE_GATE', explanation: { reason: 'GATE_TIME' } },
        { cause: 'CAUSE_AUDIT_QUOTA', targets: 9 },
      ],
    }),
    rollout('ended', 'COMPLETED', { counts: failures, endTime: ended(1) }),
    rollout('long ago', 'COMPLETED', { counts: failures, endTime: ended(8) }),
    rollout('fine', 'COMPLETED', { endTime: ended(1) }),
    rollout('by rule', 'PAUSED', { pauseCause: 'ROLLOUT_PAUSE_CAUSE_STOP_RULE' }),
  ];
  const found = needsOf(seen({}, { rollouts }));
  expect(found.map(({ kind, values }) => `${kind} ${values.name}`)).toEqual([
    'paused by rule',
    'gate gate',
    'held quota',
    'failed ended',
    'paused by hand',
  ]);
  expect(found.at(-1)?.values.detail).toBe('by hand · li');
});
