import { expect, it } from '@jest/globals';
import { type Known, stepsOf } from './steps.js';

const NOW = Date.UTC(2026, 11, 1);
const at = (hours: number) => new Date(NOW - hours * 3_600_000).toISOString();
const forward = (events: string[], failed = '0') => ({ name: 'old', events, delivered: '100', failed });
const known = (status: object, rest: object = {}) =>
  ({
    status: { tokenOwner: 'AUTHORIZER_TOKEN_OWNER_TOKEN_SERVICE', workers: [{ count: 1 }], ...status },
    ...{ forwards: [], names: [], unused: 0, labels: [], readers: [], calls: [], now: NOW, ...rest },
  }) as unknown as Known;
const HERE = { tokenOwner: 'AUTHORIZER_TOKEN_OWNER_THIS_SERVICE', authorizers: { authorized: 3 } };
const reached = (given: Known) => stepsOf(given).filter(({ state }) => state === 'reached').length - 1;
const findings = (given: Known, step: number) =>
  stepsOf(given)[step]?.findings.map(({ result, text }) => `${result} ${text}`);

it.each<[number, Known]>([
  [0, known({})],
  [1, known({ authorizers: { authorized: 3 } })],
  // A mirror copies callbacks; nothing is forwarded.
  [1, known({ authorizers: { authorized: 3 } }, { names: [{ lastTime: at(1) }] })],
  [2, known({}, { names: [{ lastTime: at(1) }], forwards: [forward(['*'])] })],
  [2, known({}, { names: [{ lastTime: at(1) }], forwards: [forward(['text']), forward(['*'])] })],
  [3, known({}, { names: [{ lastTime: at(1) }], forwards: [forward(['text'])] })],
  [0, known({}, { names: [{ lastTime: at(48) }], forwards: [forward(['*'])] })],
  [4, known(HERE)],
  [4, known(HERE, { calls: [{ name: 'a', callers: [], uses: [] }] })],
  [5, known(HERE, { calls: [{ name: 'a', callers: [], uses: [{}] }] })],
])('Step %i is the highest that is reached, and the one after it is next', (step, given) => {
  expect(reached(given)).toBe(step);
  expect(stepsOf(given).map(({ state }) => state)[step + 1]).toBe(step === 5 ? undefined : 'next');
});

it('What is missing for a step is said, as far as the gateway knows', () => {
  expect(findings(known({ workers: [] }), 0)).toEqual(['fail workers.none', 'ok owner.elsewhere']);
  expect(findings(known({}), 1)).toEqual(['fail known.none', 'warn labels.none']);
  const failing = { forwards: [forward(['*'], '10')], names: [{ lastTime: at(1) }], unused: 2 };
  expect(findings(known({}, failing), 2)).toEqual(['ok callbacks.come', 'fail forwards.fail']);
  expect(findings(known({}, failing), 3)).toEqual(['warn names.unused']);
  expect(findings(known({}), 4)).toEqual(['warn ticket.elsewhere']);
  expect(findings(known({ ...HERE, ticketAge: '2700s' }, { readers: [{}] }), 4)).toEqual([
    ...['fail ticket.late', 'ok readers.some'],
  ]);
  const calls = [{ name: 'a', callers: [], uses: [] }];
  expect(findings(known(HERE, { calls }), 5)).toEqual(['ok calls.some', 'warn calls.nobody']);
});
