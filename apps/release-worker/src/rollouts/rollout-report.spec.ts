import { describe, expect, it, jest } from '@jest/globals';
import { register } from '@prometheus-io/client';
import type { Logger } from '@wxa/service';
import { reportFailure, reportTurn, type TurnReport } from './rollout-report.js';

const ROLLOUT = { id: 'r', caller: 'shop' };

function newLogger() {
  const [info, warn] = [jest.fn<Logger['info']>(), jest.fn<Logger['warn']>()];
  return { logger: { info, warn } as unknown as Logger, info, warn };
}

async function seriesOf(name: string): Promise<string[]> {
  return (await register.metrics()).split('\n').filter((line) => line.startsWith(name));
}

const entry = (
  given: Partial<TurnReport['entries'][number]> & Pick<TurnReport['entries'][number], 'type'>,
) => ({
  seq: '7',
  caller: '',
  reason: '',
  args: null,
  ...given,
});

describe('reportTurn', () => {
  it('Moves are counted by step, with the result of the step or else the new state of the target', async () => {
    reportTurn(
      newLogger().logger,
      {
        rollout: ROLLOUT,
        entries: [],
        results: [
          { step: 'COMMIT', move: { stepResult: 'passed', target: { state: 'PENDING' } } },
          { step: 'COMMIT', move: { stepResult: null, target: { state: 'IN_DOUBT' } } },
        ],
      },
      0.02,
    );
    expect(await seriesOf('wxa_rollout_moves_total{')).toEqual([
      'wxa_rollout_moves_total{step="COMMIT",result="passed"} 1',
      'wxa_rollout_moves_total{step="COMMIT",result="in_doubt"} 1',
    ]);
    expect(await seriesOf('wxa_rollout_turn_duration_seconds_count')).toEqual([
      'wxa_rollout_turn_duration_seconds_count 1',
    ]);
  });

  it('The start, a pause with its cause and the end of a rollout are logged with rollout, caller and seq', () => {
    const { logger, info, warn } = newLogger();
    const entries = [
      entry({ type: 'STARTED', caller: 'ops' }),
      entry({ type: 'GATE_OPENED' }),
      entry({ type: 'PAUSED', reason: '5 failed', args: { cause: 'STOP_RULE' } }),
      entry({ type: 'PAUSED', caller: 'ops', reason: 'lunch' }),
      entry({ type: 'COMPLETED' }),
      entry({ type: 'CANCELLED' }),
    ];
    reportTurn(logger, { rollout: ROLLOUT, entries, results: [] }, 0.02);
    const ids = { rollout: 'r', seq: '7' };
    expect(info.mock.calls).toEqual([
      [{ ...ids, caller: 'ops' }, 'rollout started'],
      [{ ...ids, caller: 'shop' }, 'rollout completed'],
      [{ ...ids, caller: 'shop' }, 'rollout cancelled'],
    ]);
    expect(warn.mock.calls).toEqual([
      [{ ...ids, caller: 'shop', cause: 'STOP_RULE', reason: '5 failed' }, 'rollout paused'],
      [{ ...ids, caller: 'ops', cause: 'REQUESTED', reason: 'lunch' }, 'rollout paused'],
    ]);
  });
});

describe('reportFailure', () => {
  it('Failed turns are counted from 0 and logged', async () => {
    const { logger, warn } = newLogger();
    expect(await seriesOf('wxa_rollout_turn_failures_total')).toEqual(['wxa_rollout_turn_failures_total 0']);
    reportFailure(logger, new Error('unknown step 99'), 'r');
    expect(await seriesOf('wxa_rollout_turn_failures_total')).toEqual(['wxa_rollout_turn_failures_total 1']);
    expect(warn.mock.calls).toEqual([
      [{ rollout: 'r', error: 'Error: unknown step 99' }, 'rollout turn failed'],
    ]);
  });
});
