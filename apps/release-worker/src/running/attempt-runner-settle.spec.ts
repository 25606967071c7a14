import { describe, expect, it } from '@jest/globals';
import type { ClaimedOperation, OperationEntity, Settled, SettlementWithAudits } from '@wxa/store';
import { WxaClient } from '@wxa/wxa-client';
import { laneEntry } from '../lanes/lane-entry.js';
import { AttemptRunner, type RunnerTools } from './attempt-runner.js';
import { APPID, idleStore, idleTools, NOWHERE, RECORD, RELEASE, SETTLED } from './fixtures/release.js';

const LOST: Settled = { ...SETTLED, kind: 'lost' };

/** What the store answers to each settlement of a release that WeChat confirms: an error is thrown. */
function released(
  answers: (Settled | Error)[],
  given: { operation?: ClaimedOperation; found?: Partial<OperationEntity>; tools?: Partial<RunnerTools> },
) {
  const { operation = RELEASE, found, tools = {} } = given;
  const rows: SettlementWithAudits[] = [];
  const counted: string[] = [];
  const fenced: string[] = [];
  const runner = new AttemptRunner({
    ...idleTools(),
    store: {
      ...idleStore(),
      claim: async () => ({ kind: 'claimed', operation }),
      settle: async (row) => {
        const answer = answers[rows.push(row) - 1] ?? SETTLED;
        if (answer instanceof Error) throw answer;
        return answer;
      },
      findOperation: async () => (found === undefined ? undefined : { ...operation, ...found }),
    },
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

const refusal = (code: string) => Object.assign(new Error('not taken'), { code });

describe('a settlement that Postgres does not take', () => {
  it.each(['28P01', '42501', 'EMFILE', 'CERT_HAS_EXPIRED', 'XX000'])(
    'is written again as it was after %s, because the values are not at fault',
    async (code) => {
      const { rows, run } = released([refusal(code)], {});
      expect(await run()).toEqual({ kind: 'done' });
      expect(rows.map(({ state }) => state)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    },
  );

  it('is replaced by a doubt if its values are at fault and the call was sent', async () => {
    const { rows, run } = released([refusal('22021')], {});
    expect(await run()).toEqual({ kind: 'done' });
    expect(rows.map(({ state, attempts }) => [state, attempts])).toEqual([
      ['SUCCEEDED', 1],
      ['IN_DOUBT', 1],
    ]);
  });

  it('is replaced by a doubt if its values are at fault and an earlier try may have acted', async () => {
    const operation = { ...RELEASE, mayHaveActed: true };
    const held = {
      breaker: { isOpen: false, untilClosed: async () => true, openWithinMs: () => 0 },
      leaseMarginMs: -1,
    };
    const { rows, run } = released([refusal('22021')], { operation, tools: held });
    expect(await run()).toEqual({ kind: 'done' });
    expect(rows.map(({ state, attempts }) => [state, attempts])).toEqual([
      ['RETRYING', 0],
      ['IN_DOUBT', 0],
    ]);
  });
});

describe('a settlement that is fenced out', () => {
  it('is reported once as fenced out, and not as settled', async () => {
    const { run, counted, fenced } = released([LOST], {});
    await run();
    expect([counted, fenced]).toEqual([[], [RELEASE.id]]);
  });

  it('lets its record go if the operation has ended', async () => {
    const { run, counted } = released([LOST], {
      found: { fence: 2, state: 'FAILED', endedAt: new Date() },
    });
    expect([await run(), counted]).toEqual([{ kind: 'done' }, []]);
  });

  it('lets its record go if the operation is gone', async () => {
    const { run, counted } = released([LOST], {});
    expect([await run(), counted]).toEqual([{ kind: 'done' }, []]);
  });

  it('lets its record go if the operation is in doubt', async () => {
    const { run, counted } = released([LOST], { found: { state: 'IN_DOUBT' } });
    expect([await run(), counted]).toEqual([{ kind: 'done' }, []]);
  });

  it.each(['RUNNING', 'RETRYING', 'QUEUED'] as const)(
    'keeps its record if the operation is %s, because nobody may be left to run it',
    async (state) => {
      const { run, counted } = released([LOST], { found: { fence: 2, state } });
      expect([await run(), counted]).toEqual([{ kind: 'again', afterMs: 1_000 }, []]);
    },
  );

  it('counts as written if an earlier try wrote it and only the answer was lost', async () => {
    const found = { fence: 1, state: 'SUCCEEDED', endedAt: new Date() } as const;
    const { run, counted, fenced } = released([refusal('08006'), LOST], { found });
    expect([await run(), counted, fenced]).toEqual([{ kind: 'done' }, ['SUCCEEDED'], []]);
  });
});
