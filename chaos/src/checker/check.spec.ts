import { describe, expect, it } from '@jest/globals';
import { eventType, TOPICS } from '@wxa/contracts';
import type { History } from '../history.js';
import { CHECKS, type CheckName, check } from './check.js';
import { cleanHistory } from './clean-history.js';
import { repeatedAfterBusy } from './done.js';
import { evidence } from './wrong.js';

const [COMMIT, SUBMIT, RELEASE, VISIT, REVERT] = [0, 1, 2, 3, 4];

/** The n-th of a list; the test ends where there is none. */
function nth<T>(items: readonly T[], n: number): T {
  const item = items[n];
  if (item === undefined) throw new Error(`there is no ${n}`);
  return item;
}

/** WeChat does what call n did once more, so many milliseconds later, and answers with `errcode`. */
function again({ calls }: History, n: number, errcode: number | null, afterMs = 50) {
  const call = nth(calls, n);
  calls.push({ ...call, seq: 100 + n, effectAt: (call.effectAt ?? 0) + afterMs, errcode });
}

const lostAnswer = ({ calls }: History, n: number) => Object.assign(nth(calls, n), { errcode: null });
const publishFailed = ({ events }: History, n: number) => {
  const event = nth(events, n);
  event.value = event.value.replace('SUCCEEDED', 'FAILED');
};
const fail = (history: History, n: number) => {
  Object.assign(nth(history.operations, n), { state: 'FAILED' });
  publishFailed(history, n);
};
const undone = (history: History, n: number) => {
  Object.assign(nth(history.calls, n), { effect: null, effectAt: null, errcode: null });
};
/** Operation n+1 is asked for while n is not answered yet. */
const overlap = ({ asked }: History, n: number) => {
  Object.assign(nth(nth(asked, n).tries, 0), { endedAt: nth(nth(asked, n + 1).tries, 0).sentAt + 1 });
};
/** The effects of n and n+1 swap their places. */
const swapEffects = ({ calls, operations }: History, n: number) => {
  swap(['startedAt', 'effectAt', 'endedAt'], nth(calls, n), nth(calls, n + 1));
  swap(['startedAt', 'endedAt'], nth(operations, n), nth(operations, n + 1));
};
const swap = (names: string[], one: object, other: object) => {
  for (const name of names) {
    const kept = Reflect.get(one, name);
    Reflect.set(one, name, Reflect.get(other, name));
    Reflect.set(other, name, kept);
  }
};
const audit = ({ events }: History) => nth(events, 5);

/** Each kind of error: who must see it, what it is, and how it comes about. */
const ERRORS: readonly [CheckName, string, (history: History) => unknown][] = [
  ['lost', 'an accepted operation that is not in the table', (h) => h.operations.splice(RELEASE, 1)],
  [
    'lost',
    'one that never ended',
    (h) => Object.assign(nth(h.operations, RELEASE), { state: 'QUEUED', endedAt: null }),
  ],
  [
    'lost',
    'one that is another in the table',
    (h) => Object.assign(nth(h.operations, RELEASE), { id: 'other' }),
  ],
  [
    'one request, two operations',
    'a repeat that is another operation',
    (h) => nth(h.asked, COMMIT).tries.push({ gateway: 1, sentAt: 20, endedAt: 30, operation: 'operation-9' }),
  ],
  ['confirmed twice', 'a release done twice, answered twice', (h) => again(h, RELEASE, 0)],
  ['confirmed twice', 'a commit done twice, the second long after', (h) => again(h, COMMIT, 0, 60_000)],
  [
    'executed twice (ambiguous)',
    'a revert done twice, the first answer lost',
    (h) => {
      lostAnswer(h, REVERT);
      again(h, REVERT, 0);
    },
  ],
  [
    'executed twice (ambiguous)',
    'a revert repeated after a -1 that had acted',
    (h) => {
      Object.assign(nth(h.calls, REVERT), { errcode: -1 });
      again(h, REVERT, 0);
    },
  ],
  [
    'executed twice (ambiguous)',
    'one done again long after it ended',
    (h) => again(h, RELEASE, null, 30_000),
  ],
  ['out of order', 'two changes done in the wrong order', (h) => swapEffects(h, COMMIT)],
  [
    'out of order',
    'two changes numbered in the wrong order',
    (h) => h.operations.splice(0, 2, ...h.operations.slice(0, 2).reverse()),
  ],
  ['told other than it was', 'SUCCEEDED where nothing was done', (h) => undone(h, RELEASE)],
  ['told other than it was', 'FAILED where it was done', (h) => fail(h, RELEASE)],
  [
    'told other than it was',
    'the id of another audit',
    (h) => Object.assign(nth(h.operations, SUBMIT), { result: { auditId: '7' } }),
  ],
  [
    'done for nobody',
    'a commit nobody asked for',
    (h) => Object.assign(nth(h.calls, COMMIT), { body: '{"user_desc":"r9"}' }),
  ],
  [
    'done for nobody',
    'a release before any was begun',
    (h) => h.calls.push({ ...nth(h.calls, RELEASE), seq: 99, effectAt: 1 }),
  ],
  ['outcome missing', 'an end that was never published', (h) => h.events.splice(RELEASE, 1)],
  [
    'outcome missing',
    'an end under two ids',
    (h) => h.events.push({ ...nth(h.events, RELEASE), offset: '99', id: 'operation-2.completed-again' }),
  ],
  ['outcome missing', 'an end published as another', (h) => publishFailed(h, VISIT)],
  [
    'outcome missing',
    'a doubt that was never published',
    (h) => {
      Object.assign(nth(h.operations, REVERT), { state: 'IN_DOUBT', endedAt: null });
      h.events.splice(REVERT, 1);
    },
  ],
  [
    'one ce_id, two values',
    'an outcome published again with another value',
    (h) =>
      h.events.push({
        ...nth(h.events, RELEASE),
        offset: '99',
        value: '{"operation":{"id":"operation-2","state":"OPERATION_STATE_SUCCEEDED","attempts":2}}',
      }),
  ],
  ['audits published other than once', 'an audit never published', (h) => h.events.splice(5, 1)],
  [
    'audits published other than once',
    'an audit published twice',
    (h) => h.events.push({ ...audit(h), offset: '99', id: 'twice' }),
  ],
  [
    'audits published other than once',
    'an audit published as another verdict',
    (h) => Object.assign(audit(h), { value: audit(h).value.replace('APPROVED', 'REJECTED') }),
  ],
  [
    'audits published other than once',
    'an audit published by another one’s push',
    (h) => Object.assign(nth(h.audits, 0), { decidedAt: 7000 }),
  ],
  [
    'audits published other than once',
    'an open audit published as decided',
    (h) => Object.assign(nth(h.audits, 0), { state: 'OPEN' }),
  ],
  [
    'audits published other than once',
    'an audit published as nobody’s',
    (h) =>
      h.events.push({ ...audit(h), offset: '99', id: 'push', value: '{"result":"AUDIT_RESULT_APPROVED"}' }),
  ],
  [
    'gone from Kafka, or a dead letter',
    'a message that was read once and is gone',
    (h) => h.readBefore.push(`${TOPICS.outcomes}/1/7`),
  ],
  [
    'gone from Kafka, or a dead letter',
    'a dead letter',
    (h) => h.events.push({ ...nth(h.events, 0), topic: TOPICS.deadLetters, id: '' }),
  ],
  [
    'secrets in logs or Kafka',
    'the key of what is sealed in a log',
    (h) => h.leaks.push({ secret: 'SECRETS_KEY', where: 'gateway-1.log' }),
  ],
];

/** What is no error. */
const ALLOWED: readonly [string, (history: History) => unknown][] = [
  ['nothing at all', () => undefined],
  ['an outcome published twice as it is', (h) => h.events.push({ ...nth(h.events, RELEASE), offset: '99' })],
  [
    'a repeat that is the same operation',
    (h) => nth(h.asked, COMMIT).tries.push({ gateway: 1, sentAt: 20, endedAt: 30, operation: 'operation-0' }),
  ],
  ['a lost answer whose effect was found out', (h) => lostAnswer(h, RELEASE)],
  [
    'two changes asked for at once, done in either order',
    (h) => {
      overlap(h, COMMIT);
      swapEffects(h, COMMIT);
    },
  ],
  [
    'a visit status set again after a -1',
    (h) => {
      Object.assign(nth(h.calls, VISIT), { errcode: -1 });
      again(h, VISIT, 0);
    },
  ],
  [
    'a change in doubt for a person, and the one behind it',
    (h) => {
      Object.assign(nth(h.operations, VISIT), { state: 'IN_DOUBT', endedAt: null });
      Object.assign(nth(h.operations, REVERT), { state: 'QUEUED', startedAt: null, endedAt: null });
      undone(h, REVERT);
      const event = nth(h.events, VISIT);
      Object.assign(event, { type: eventType('OperationInDoubt'), id: 'operation-3.in-doubt.1' });
      h.events.splice(REVERT, 1);
    },
  ],
  [
    'a wish that nobody accepted',
    (h) => h.asked.push({ ...nth(h.asked, REVERT), requestId: 'r9', tries: [] }),
  ],
];

describe('the checker', () => {
  it.each(ALLOWED)('finds nothing wrong with %s', (_, change) => {
    const history = cleanHistory();
    change(history);
    expect(Object.values(check(history)).flat()).toEqual([]);
  });

  it.each(ERRORS)('sees, as %s, %s', (name, _, spoil) => {
    const history = cleanHistory();
    spoil(history);
    expect(check(history)[name]).not.toEqual([]);
  });

  it('was fed an error of each kind', () => {
    expect([...new Set(ERRORS.map(([name]) => name))].sort()).toEqual(Object.keys(CHECKS).sort());
  });

  it('names the operation that is wrong', () => {
    const history = cleanHistory();
    again(history, RELEASE, 0);
    expect(check(history)['confirmed twice']).toMatchObject([{ operationId: 'operation-2' }]);
  });

  it('counts a harmless repeat after a -1', () => {
    const history = cleanHistory();
    Object.assign(nth(history.calls, VISIT), { errcode: -1 });
    again(history, VISIT, 0);
    expect(repeatedAfterBusy(evidence(history))).toHaveLength(1);
  });
});
