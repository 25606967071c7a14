import { expect, it, jest } from '@jest/globals';
import { register } from '@prometheus-io/client';
import type { TurnReport } from '@wxa/rollouts/turn';
import type { Logger } from '@wxa/service';
import { reportFailure, reportTurn } from './conductor.js';

const ROLLOUT = { id: 'r', caller: 'shop' };

function newLogger() {
  const [info, warn] = [jest.fn<Logger['info']>(), jest.fn<Logger['warn']>()];
  return { logger: { info, warn } as unknown as Logger, info, warn };
}

async function seriesOf(name: string): Promise<string[]> {
  return (await register.metrics()).split('\n').filter((line) => line.startsWith(name));
}

type Entry = TurnReport['entries'][number];
const entry = (type: Entry['type'], given: Partial<Entry> = {}): Entry => ({
  ...{ type, seq: '7', caller: '', reason: '', args: null },
  ...given,
});

it('Moves are counted by step, with the result of the step or else the new state of the target', async () => {
  const moves = [
    { stepResult: 'passed' as const, target: { state: 'PENDING' as const } },
    { stepResult: null, target: { state: 'IN_DOUBT' as const } },
  ];
  const results = moves.map((move) => ({ step: 'COMMIT' as const, move }));
  reportTurn(newLogger().logger, { rollout: ROLLOUT, entries: [], results }, 0.02);
  expect(await seriesOf('wxa_rollout_moves_total{')).toEqual([
    'wxa_rollout_moves_total{step="COMMIT",result="passed"} 1',
    'wxa_rollout_moves_total{step="COMMIT",result="in_doubt"} 1',
  ]);
  const count = 'wxa_rollout_turn_duration_seconds_count';
  expect(await seriesOf(count)).toEqual([`${count} 1`]);
});

it('The start, a pause with its cause and the end of a rollout are logged with rollout, caller and seq', () => {
  const { logger, info, warn } = newLogger();
  const entries = [
    entry('STARTED', { caller: 'ops' }),
    entry('GATE_OPENED'),
    entry('PAUSED', { reason: '5 failed', args: { cause: 'STOP_RULE' } }),
    entry('PAUSED', { caller: 'ops', reason: 'lunch' }),
    entry('COMPLETED'),
    entry('CANCELLED'),
  ];
  reportTurn(logger, { rollout: ROLLOUT, entries, results: [] }, 0.02);
  const ids = { rollout: 'r', seq: '7', caller: 'shop' };
  expect(info.mock.calls).toEqual([
    [{ ...ids, caller: 'ops' }, 'rollout started'],
    [ids, 'rollout completed'],
    [ids, 'rollout cancelled'],
  ]);
  expect(warn.mock.calls).toEqual([
    [{ ...ids, cause: 'STOP_RULE', reason: '5 failed' }, 'rollout paused'],
    [{ ...ids, caller: 'ops', cause: 'REQUESTED', reason: 'lunch' }, 'rollout paused'],
  ]);
});

it('Failed turns are counted from 0 and logged', async () => {
  const { logger, warn } = newLogger();
  const count = 'wxa_rollout_turn_failures_total';
  expect(await seriesOf(count)).toEqual([`${count} 0`]);
  reportFailure(logger, new Error('unknown step 99'), 'r');
  expect(await seriesOf(count)).toEqual([`${count} 1`]);
  const failure = { rollout: 'r', error: 'Error: unknown step 99' };
  expect(warn.mock.calls).toEqual([[failure, 'rollout turn failed']]);
});
