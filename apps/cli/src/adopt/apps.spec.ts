import { expect, it } from '@jest/globals';
import { notPassed } from './apps.js';

it('An app whose check was cut short by the time limit is no failure', () => {
  const killed = { killed: true, message: 'Command failed: node main.js --check' };
  expect(notPassed('gateway', killed)).toMatchObject({ result: 'warn', next: 'run this check again' });
});

it('An app that would not start fails with what it names', () => {
  const named = { killed: false, stderr: 'KAFKA_BROKERS: is required\n', message: 'Command failed' };
  expect(notPassed('worker', named)).toMatchObject({
    ...{ result: 'fail', detail: 'the worker would not start: KAFKA_BROKERS: is required' },
  });
});
