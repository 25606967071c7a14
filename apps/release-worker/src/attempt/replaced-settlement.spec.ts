import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { ClaimedOperation, OperationEntity, Settled, SettlementWithAudits } from '@wxa/store';
import { WxaClient } from '@wxa/wxa-client';
import { laneEntry } from '../lanes/lane-entry.js';
import { APPID, idleStore, idleTools, NOWHERE, RECORD, RELEASE, SETTLED } from './fixtures/release.js';
import { AttemptRunner } from './run-attempt.js';
import type { RunnerTools } from './runner-tools.js';

const LOST: Settled = { ...SETTLED, kind: 'lost' };

/** A runner of a release that WeChat confirms, and the store's answer to each settlement; an error is thrown. */
function released(
  answers: (Settled | Error)[],
  given: {
    operation?: ClaimedOperation;
    found?: Partial<OperationEntity>;
    history?: Partial<RunnerTools['store']['history']>;
    tools?: Partial<RunnerTools>;
  },
) {
  const { operation = RELEASE, found, history, tools = {} } = given;
  const rows: SettlementWithAudits[] = [];
  const counted: string[] = [];
  const fenced: string[] = [];
  const store = idleStore({
    claim: async () => ({ kind: 'claimed', operation }),
    settle: async (row) => {
      const answer = answers[rows.push(row) - 1] ?? SETTLED;
      if (answer instanceof Error) throw answer;
      return answer;
    },
    find: async () => (found === undefined ? undefined : { ...operation, ...found }),
  });
  const runner = new AttemptRunner({
    ...idleTools(),
    store: { ...store, history: { ...store.history, ...history } },
    client: Object.assign(new WxaClient({ baseUrl: NOWHERE }), {
      release: async () => ({ kind: 'ok', value: {} }),
    }),
    leaseMarginMs: 1_000,
    onSettled: ({ state }) => void counted.push(state),
    onFenced: ({ id }) => void fenced.push(id),
    ...tools,
  });
  return { rows, counted, fenced, run: () => runner.run(laneEntry(operation.id, APPID, 'Release', RECORD)) };
}

const pgError = (code: string) => Object.assign(new Error('rejected'), { code });

describe('AttemptRunner', () => {
  it.each(['28P01', '42501', 'EMFILE', 'CERT_HAS_EXPIRED', 'XX000'])(
    'A settlement is written again unchanged after %s, because the values are not at fault.',
    async (code) => {
      const { rows, run } = released([pgError(code)], {});
      expect(await run()).toEqual({ kind: 'done' });
      expect(rows.map(({ state }) => state)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    },
  );

  it('A settlement whose values Postgres rejects is replaced by IN_DOUBT if the call was sent.', async () => {
    const { rows, run } = released([pgError('22021')], {});
    expect(await run()).toEqual({ kind: 'done' });
    expect(rows.map(({ state, attempts }) => [state, attempts])).toEqual([
      ['SUCCEEDED', 1],
      ['IN_DOUBT', 1],
    ]);
  });

  it('A settlement whose values Postgres rejects is replaced by IN_DOUBT if an earlier attempt may have been executed.', async () => {
    const operation = { ...RELEASE, mayHaveActed: true };
    const stalled = {
      breaker: { isOpen: false, untilClosed: async () => true, openWithinMs: () => 0 },
      leaseMarginMs: -1,
    };
    const { rows, run } = released([pgError('22021')], { operation, tools: stalled });
    expect(await run()).toEqual({ kind: 'done' });
    expect(rows.map(({ state, attempts }) => [state, attempts])).toEqual([
      ['RETRYING', 0],
      ['IN_DOUBT', 0],
    ]);
  });
});

describe('AttemptRunner after a fenced settlement', () => {
  it('A fenced settlement is reported once as fenced and not as settled.', async () => {
    const { run, counted, fenced } = released([LOST], {});
    await run();
    expect([counted, fenced]).toEqual([[], [RELEASE.id]]);
  });

  it('A settlement that is stored on top of a forgotten claim is reported as settled and not as fenced.', async () => {
    const history = { reportLostClaim: async () => true, settleForward: async () => true };
    const { run, counted, fenced } = released([LOST], { found: { fence: 0, state: 'QUEUED' }, history });
    expect([await run(), counted, fenced]).toEqual([{ kind: 'done' }, ['SUCCEEDED'], []]);
  });

  it('A fenced settlement completes the record if the operation has ended.', async () => {
    const { run, counted } = released([LOST], {
      found: { fence: 2, state: 'FAILED', endedAt: new Date() },
    });
    expect([await run(), counted]).toEqual([{ kind: 'done' }, []]);
  });

  it('A fenced settlement completes the record if the operation no longer exists.', async () => {
    const { run, counted } = released([LOST], {});
    expect([await run(), counted]).toEqual([{ kind: 'done' }, []]);
  });

  it('A fenced settlement completes the record if the operation is in doubt.', async () => {
    const { run, counted } = released([LOST], { found: { state: 'IN_DOUBT' } });
    expect([await run(), counted]).toEqual([{ kind: 'done' }, []]);
  });

  it.each(['RUNNING', 'RETRYING', 'QUEUED'] as const)(
    'A fenced settlement keeps the record if the operation is %s, because its new worker may be lost.',
    async (state) => {
      const { run, counted } = released([LOST], { found: { fence: 2, state } });
      expect([await run(), counted]).toEqual([{ kind: 'again', afterMs: 1_000 }, []]);
    },
  );

  it('A settlement counts as written if an earlier write stored it and only the acknowledgement was lost.', async () => {
    const found = { fence: 1, claimKey: RELEASE.claimKey, state: 'SUCCEEDED', endedAt: new Date() } as const;
    const { run, counted, fenced } = released([pgError('08006'), LOST], { found });
    expect([await run(), counted, fenced]).toEqual([{ kind: 'done' }, ['SUCCEEDED'], []]);
  });

  it('A settlement is fenced if another claim of the same number wrote the same state.', async () => {
    const found = { fence: 1, claimKey: randomUUID(), state: 'SUCCEEDED', endedAt: new Date() } as const;
    const { run, counted, fenced } = released([pgError('08006'), LOST], { found });
    expect([await run(), counted, fenced]).toEqual([{ kind: 'done' }, [], [RELEASE.id]]);
  });
});
