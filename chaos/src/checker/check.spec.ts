import { expect, it } from '@jest/globals';
import { TOPICS } from '@wxa/contracts';
import type { RunHistory } from '../history.js';
import { CHECKS, type CheckName, check } from './check.js';
import { cleanHistory } from './fixtures/clean-history.js';
import {
  again,
  audit,
  commandAgain,
  fail,
  forgotten,
  interrupted,
  lostAnswer,
  nth,
  overDeadline,
  publishFailed,
  rejectedAfterBusy,
  repeatedAfterReads,
  restored,
  swapEffects,
  undone,
} from './fixtures/spoil.js';

const [COMMIT, SUBMIT, RELEASE, VISIT, REVERT] = [0, 1, 2, 3, 4];

/** By the check that must find it, each kind of error, and how the history is changed. */
const ERRORS: { [Name in CheckName]?: Record<string, (history: RunHistory) => unknown> } = {
  lost: {
    'an accepted operation that is not in the table': (h) => h.operations.splice(RELEASE, 1),
    'an accepted operation that never ended': (h) =>
      Object.assign(nth(h.operations, RELEASE), { state: 'QUEUED', endedAt: null }),
    'an accepted operation with another id in the table': (h) =>
      Object.assign(nth(h.operations, RELEASE), { id: 'other' }),
    'a change that a restore lost though Kafka had its command': (h) => {
      restored(h, REVERT, 10_000);
      h.operations.splice(REVERT, 1);
      h.calls.splice(REVERT, 1);
    },
  },
  'one request, two operations': {
    'a repeated request that got another operation': (h) =>
      nth(h.requested, COMMIT).attempts.push({
        gateway: 1,
        sentAt: 20,
        endedAt: 30,
        operation: 'operation-9',
      }),
  },
  'confirmed twice': {
    'a release executed twice with two responses': (h) => again(h, RELEASE, 0),
    'a commit executed twice, a minute apart': (h) => again(h, COMMIT, 0, 60_000),
    'a change that is executed again because a restore has forgotten it': (h) => {
      forgotten(h, 4500, REVERT);
      again(h, REVERT, 0, 20_000);
    },
  },
  'executed twice (ambiguous)': {
    'a revert executed twice whose first response was lost': (h) => {
      lostAnswer(h, REVERT);
      again(h, REVERT, 0);
    },
    'a revert retried after a -1 that had been executed': (h) => {
      Object.assign(nth(h.calls, REVERT), { errcode: -1 });
      again(h, REVERT, 0);
    },
    'a release executed again long after it ended': (h) => again(h, RELEASE, null, 30_000),
    'a visit status set again after three unanswered reads': (h) =>
      repeatedAfterReads(h, VISIT, [null, null, -1]),
    'a visit status set again after reads with an answer': (h) => repeatedAfterReads(h, VISIT, [0, 0, 0, 0]),
    'a revert executed again because a read was refused': (h) => repeatedAfterReads(h, REVERT, [48001]),
    'a change executed again by a worker that was suspended while it connected': (h) => {
      lostAnswer(h, REVERT);
      again(h, REVERT, 0, 12_000);
      h.faults.push({ name: 'worker frozen while it connects', target: 'worker-1', from: 4000, to: 16_000 });
    },
  },
  'out of order': {
    'two changes executed in the wrong order': (h) => swapEffects(h, COMMIT),
    'two changes numbered in the wrong order': (h) =>
      h.operations.splice(0, 2, ...h.operations.slice(0, 2).reverse()),
  },
  'wrong outcome': {
    'a SUCCEEDED release that was not executed': (h) => undone(h, RELEASE),
    'a FAILED release that was executed': (h) => fail(h, RELEASE),
    ...Object.fromEntries(
      [42001, 45009, 61003].map((errcode) => [
        `a change FAILED with ${errcode} after a -1 that had been executed`,
        (h) => {
          rejectedAfterBusy(h, REVERT, errcode);
          fail(h, REVERT);
        },
      ]),
    ),
    'the id of another audit': (h) => Object.assign(nth(h.operations, SUBMIT), { result: { auditId: '7' } }),
  },
  'deadline exceeded by our own limits': {
    'a change with one unserved call that then waited for its deadline': (h) => overDeadline(h, REVERT, 1),
    'a change that failed at its deadline and was never sent': (h) => {
      overDeadline(h, REVERT, 1);
      h.calls.splice(REVERT, 1);
    },
  },
  'command published again': {
    'a command published again while nothing was broken': (h) => commandAgain(h, RELEASE, 900),
    'a command published again while only WeChat was broken': (h) => {
      commandAgain(h, RELEASE, 900);
      interrupted(h, RELEASE, 'WeChat');
    },
    'a command published again long after a fault': (h) => {
      commandAgain(h, RELEASE, 35_000);
      interrupted(h, RELEASE);
    },
    'a command published again under another id': (h) => {
      commandAgain(h, RELEASE, 900, { id: 'operation-2.command.1' });
      interrupted(h, RELEASE);
    },
    'a command published again long after a restore': (h) => {
      restored(h, RELEASE, 10_000);
      commandAgain(h, RELEASE, 60_000);
    },
  },
  'unattributed side effect': {
    'a commit that was not requested': (h) =>
      Object.assign(nth(h.calls, COMMIT), { body: '{"user_desc":"r9"}' }),
    'a release before one was requested': (h) =>
      h.calls.push({ ...nth(h.calls, RELEASE), seq: 99, effectAt: 1 }),
  },
  'outcome missing': {
    'an outcome that was not published': (h) => h.events.splice(RELEASE, 1),
    'an outcome under two ids': (h) =>
      h.events.push({ ...nth(h.events, RELEASE), offset: '99', id: 'operation-2.completed-again' }),
    'an outcome published before the table had it': (h) =>
      Object.assign(nth(h.operations, RELEASE), { state: 'RUNNING', endedAt: null }),
    'an outcome published as another one': (h) => publishFailed(h, VISIT),
    'an operation in doubt that was not published': (h) => {
      Object.assign(nth(h.operations, REVERT), { state: 'IN_DOUBT', endedAt: null });
      h.events.splice(REVERT, 1);
    },
  },
  'one ce_id, two values': {
    'an outcome published again with another value': (h) =>
      h.events.push({
        ...nth(h.events, RELEASE),
        offset: '99',
        value: '{"operation":{"id":"operation-2","state":"OPERATION_STATE_SUCCEEDED","attempts":2}}',
      }),
  },
  'audit event not published exactly once': {
    'an audit that was not published': (h) => h.events.splice(5, 1),
    'an audit published twice': (h) => h.events.push({ ...audit(h), offset: '99', id: 'twice' }),
    'an audit published with another decision': (h) =>
      Object.assign(audit(h), { value: audit(h).value.replace('APPROVED', 'REJECTED') }),
    'an audit published with the time of another callback': (h) =>
      Object.assign(nth(h.audits, 0), { decidedAt: 7000 }),
    'an open audit published as decided': (h) => Object.assign(nth(h.audits, 0), { state: 'OPEN' }),
    'an event for an unknown audit': (h) =>
      h.events.push({ ...audit(h), offset: '99', id: 'push', value: '{"result":"AUDIT_RESULT_APPROVED"}' }),
  },
  'missing or dead-lettered message': {
    'a message that was read once and is missing': (h) => h.readBefore.push(`${TOPICS.outcomes}/1/7`),
    'a dead letter': (h) => h.events.push({ ...nth(h.events, 0), topic: TOPICS.deadLetters, id: '' }),
  },
  'secrets in logs or Kafka': {
    'the encryption key in a log': (h) => h.leaks.push({ secret: 'SECRETS_KEY', where: 'gateway-1.log' }),
  },
};

const CASES = Object.entries(ERRORS).flatMap(([name, errors]) =>
  Object.entries(errors).map(([what, spoil]) => [name as CheckName, what, spoil] as const),
);

it.each(CASES)('check reports, under "%s", %s', (name, _, spoil) => {
  const history = cleanHistory();
  spoil(history);
  expect(check(history)[name]).not.toEqual([]);
});

it('The examples contain an error for each check but those of rollouts', () => {
  const ofOperations = Object.keys(CHECKS).filter((name) => !name.includes('rollout'));
  expect(Object.keys(ERRORS).sort()).toEqual(ofOperations.sort());
});

it('A finding names the operation concerned', () => {
  const history = cleanHistory();
  again(history, RELEASE, 0);
  expect(check(history)['confirmed twice']).toMatchObject([{ operationId: 'operation-2' }]);
});
