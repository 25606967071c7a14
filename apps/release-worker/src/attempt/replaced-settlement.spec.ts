import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import type { ClaimedOperation, Settled, SettlementWithAudits, StoredOperation } from '@wxa/operations';
import { laneEntry } from '../lanes/lane-entry.js';
import { APPID, CLOSED, idleStore, idleTools, RECORD, RELEASE, SETTLED } from './fixtures/release.js';
import { AttemptRunner } from './run-attempt.js';
import type { RunnerTools } from './runner-tools.js';

const LOST: Settled = { ...SETTLED, kind: 'lost' };

interface Given {
  operation?: ClaimedOperation;
  found?: Partial<StoredOperation> | undefined;
  history?: Partial<RunnerTools['store']['history']>;
  tools?: Partial<RunnerTools>;
}

/** A runner of a release that WeChat confirms, and the store's answer to each settlement; an error is thrown. */
function released(answers: (Settled | Error)[], { operation = RELEASE, found, history, tools }: Given = {}) {
  const [rows, counted, fenced]: [SettlementWithAudits[], string[], string[]] = [[], [], []];
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
    client: Object.assign(idleTools().client, { release: async () => ({ kind: 'ok', value: {} }) }),
    leaseMarginMs: 1_000,
    onSettled: ({ state }) => void counted.push(state),
    onFenced: ({ id }) => void fenced.push(id),
    ...tools,
  });
  return { rows, counted, fenced, run: () => runner.run(laneEntry(operation.id, APPID, 'Release', RECORD)) };
}

const pgError = (code: string) => Object.assign(new Error('rejected'), { code });

it.concurrent.each(['28P01', '42501', 'EMFILE', 'CERT_HAS_EXPIRED', 'XX000'])(
  'A settlement is written again unchanged after %s, because the values are not at fault.',
  async (code) => {
    const { rows, run } = released([pgError(code)]);
    expect(await run()).toEqual({ kind: 'done' });
    expect(rows.map(({ state }) => state)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
  },
);

const stalled = { breaker: CLOSED, leaseMarginMs: -1 };

it.concurrent.each<[string, boolean, Partial<RunnerTools>, string[]]>([
  ['IN_DOUBT if the call was sent', false, {}, ['SUCCEEDED 1', 'IN_DOUBT 1']],
  ['IN_DOUBT if an earlier attempt may have acted', true, stalled, ['RETRYING 0', 'IN_DOUBT 0']],
  ['FAILED if nothing was sent', false, stalled, ['RETRYING 0', 'FAILED 0']],
])(
  'A settlement whose values Postgres rejects is replaced by %s.',
  async (_, mayHaveActed, tools, expected) => {
    const operation = { ...RELEASE, mayHaveActed };
    const { rows, run } = released([pgError('22021')], { operation, tools });
    expect(await run()).toEqual({ kind: 'done' });
    expect(rows.map(({ state, attempts }) => `${state} ${attempts}`)).toEqual(expected);
  },
);

const fence = 2;
const stored = { fence: 1, state: 'SUCCEEDED', endedAt: new Date() } as const;
const { claimKey } = RELEASE;

it.concurrent.each<[string, Partial<StoredOperation> | undefined, number | undefined]>([
  ['completes the record if the operation has ended', { ...stored, fence, state: 'FAILED' }, undefined],
  ['completes the record if the operation no longer exists', undefined, undefined],
  ['completes the record if the operation is in doubt', { state: 'IN_DOUBT' }, undefined],
  ['keeps the record if another worker runs the operation, which may be lost', { fence }, 1_000],
  ['keeps the record if another worker retries it', { fence, state: 'RETRYING' }, 1_000],
  ['keeps the record if it is queued', { fence, state: 'QUEUED' }, 1_000],
])('A fenced settlement is reported as fenced, not as settled, and %s.', async (_, found, afterMs) => {
  const { run, counted, fenced } = released([LOST], { found });
  expect(await run()).toEqual(afterMs === undefined ? { kind: 'done' } : { kind: 'again', afterMs });
  expect([counted, fenced]).toEqual([[], [RELEASE.id]]);
});

it.concurrent('A settlement that is stored on top of a forgotten claim is reported as settled and not as fenced.', async () => {
  const history = { reportLostClaim: async () => true, settleForward: async () => true };
  const { run, counted, fenced } = released([LOST], { found: { fence: 0, state: 'QUEUED' }, history });
  expect([await run(), counted, fenced]).toEqual([{ kind: 'done' }, ['SUCCEEDED'], []]);
});

it.concurrent.each<[string, string | null, string[], string[]]>([
  ['counts as written if its acknowledgement was lost', claimKey, ['SUCCEEDED'], []],
  ['is fenced if another claim of its number wrote the same state', randomUUID(), [], [RELEASE.id]],
])('A settlement of which an earlier write may be stored %s.', async (_, storedBy, counts, fences) => {
  const found = { ...stored, claimKey: storedBy };
  const { run, counted, fenced } = released([pgError('08006'), LOST], { found });
  expect([await run(), counted, fenced]).toEqual([{ kind: 'done' }, counts, fences]);
});
