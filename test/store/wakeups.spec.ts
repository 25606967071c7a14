import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ClaimedOperation } from '@wxa/store';
import { newAppid } from '../appid.js';
import { AuditSteps, auditDecision, HOUR_MS, push } from './audit-steps.js';
import { claimed, settlement } from './operation-steps.js';
import { event, newOperation, type ScratchStore, scratchStore } from './scratch-store.js';

const ROLLOUT = randomUUID();
const OTHER = randomUUID();

let scratch: ScratchStore;
let audits: AuditSteps;
beforeAll(async () => {
  scratch = await scratchStore();
  audits = new AuditSteps(scratch);
});
afterAll(() => scratch?.close());

const accept = async (rolloutId: string | null, isChange = true): Promise<string> => {
  const operation = newOperation({ appid: newAppid(), rolloutId, isChange });
  await scratch.gateway.operations.accept(operation);
  return operation.id;
};

async function running(rolloutId: string | null): Promise<ClaimedOperation> {
  const id = await accept(rolloutId);
  return claimed(await scratch.worker.operations.claim({ id, leaseMs: 60_000, key: randomUUID() }));
}

async function inDoubt(rolloutId: string | null): Promise<ClaimedOperation> {
  const operation = await running(rolloutId);
  await scratch.worker.operations.settle(
    settlement(operation, 'IN_DOUBT', { mayHaveActed: true, reconcileInMs: 0 }),
  );
  await scratch.sql('delete from rollout_wakeups');
  return operation;
}

const toEvent = ({ id, appid }: { id: string; appid: string }) => event(appid, `${id}.${randomUUID()}`);

function resolve({ id }: ClaimedOperation, state: 'SUCCEEDED' | 'RETRYING') {
  const decide = () => ({ state, error: null, result: null, auditEffect: null });
  return scratch.gateway.doubts.resolve({ id, resolvedBy: 'me', reason: 'saw it' }, decide, toEvent);
}

async function settleDoubt(operation: ClaimedOperation, state: 'SUCCEEDED' | 'RETRYING') {
  const doubt = (await scratch.worker.doubts.take(100, 60_000)).find(({ id }) => id === operation.id);
  await scratch.worker.doubts.settle(settlement(operation, state), doubt ?? { checks: 0, throttledMs: 0 });
}

/** The appids that were woken since the last call, by rollout. */
async function woken(): Promise<[rollout: string, appid: string][]> {
  const rows = await scratch.sql<{ rollout_id: string; appid: string }>(
    'delete from rollout_wakeups returning rollout_id, appid',
  );
  return rows.map(({ rollout_id, appid }) => [rollout_id, appid]);
}

const CASES: [statement: string, run: (rolloutId: string | null) => Promise<{ id: string }>][] = [
  [
    'settle, if it ends the operation',
    async (rolloutId) => {
      const operation = await running(rolloutId);
      await scratch.worker.operations.settle(settlement(operation, 'SUCCEEDED'));
      return operation;
    },
  ],
  [
    'settle, if it puts the operation in doubt',
    async (rolloutId) => {
      const operation = await running(rolloutId);
      const doubt = settlement(operation, 'IN_DOUBT', { mayHaveActed: true, reconcileInMs: 0 });
      await scratch.worker.operations.settle(doubt);
      return operation;
    },
  ],
  [
    'settle-and-claim',
    async (rolloutId) => {
      const operation = await running(rolloutId);
      const next = { id: await accept(null), leaseMs: 60_000, key: randomUUID() };
      await scratch.worker.operations.settleAndClaim({
        settlement: settlement(operation, 'FAILED'),
        claim: next,
      });
      return operation;
    },
  ],
  ...(['SUCCEEDED', 'RETRYING'] as const).flatMap((state): typeof CASES => [
    [
      `settle-doubt to ${state}`,
      async (rolloutId) => {
        const operation = await inDoubt(rolloutId);
        await settleDoubt(operation, state);
        return operation;
      },
    ],
    [
      `resolve to ${state}`,
      async (rolloutId) => {
        const operation = await inDoubt(rolloutId);
        await resolve(operation, state);
        return operation;
      },
    ],
  ]),
  [
    'cancel',
    async (rolloutId) => {
      const id = await accept(rolloutId);
      await scratch.gateway.operations.cancel(id, toEvent);
      return { id };
    },
  ],
  [
    'cancelUnsentQueries',
    async (rolloutId) => {
      const id = await accept(rolloutId, false);
      await scratch.gateway.operations.cancelUnsentQueries([id], toEvent);
      return { id };
    },
  ],
  [
    'settleForward',
    async (rolloutId) => {
      const id = await accept(rolloutId);
      const [{ appid } = { appid: '' }] = await scratch.sql<{ appid: string }>(
        'select appid from operations where id = $1',
        [id],
      );
      const forgotten = { id, appid, fence: 1, claimKey: randomUUID() };
      await scratch.worker.history.settleForward(settlement(forgotten, 'SUCCEEDED'), new Date());
      return { id };
    },
  ],
];

describe('wake-ups', () => {
  it.each(CASES)('%s wakes the rollout of the operation, and none if it has none', async (_, run) => {
    await woken();
    const { id } = await run(ROLLOUT);
    const [row] = await scratch.sql<{ appid: string }>('select appid from operations where id = $1', [id]);
    expect(await woken()).toEqual([[ROLLOUT, row?.appid]]);
    await run(null);
    expect(await woken()).toEqual([]);
  });

  it('settle wakes nothing if the operation is retried or another claim has settled it', async () => {
    const operation = await running(ROLLOUT);
    await woken();
    await scratch.worker.operations.settle(settlement({ ...operation, fence: 7 }, 'SUCCEEDED'));
    await scratch.worker.operations.settle(settlement(operation, 'RETRYING'));
    expect(await woken()).toEqual([]);
  });

  it('An audit that ends or is delayed wakes its own rollout and the target that holds the mini-program', async () => {
    const appid = newAppid();
    const T = Date.now() - 10 * HOUR_MS;
    const submit = newOperation({ appid, method: 'SubmitAudit', rolloutId: ROLLOUT });
    await scratch.gateway.operations.accept(submit);
    const operation = await audits.claim(submit.id, T);
    await audits.settle(operation, {
      auditEffect: { kind: 'opened', auditId: '1', submittedAt: new Date(T) },
    });
    await scratch.sql(
      `insert into rollout_targets (rollout_id, position, appid, step, state, holds_appid, updated_at)
       values ($1, 1, $2, 3, 'RUNNING', true, now())`,
      [OTHER, appid],
    );
    await woken();
    const both = [
      [ROLLOUT, appid],
      [OTHER, appid],
    ].toSorted();
    expect(await push(scratch.gateway, appid, 'DELAYED', T + 1_000)).toBe('matched');
    expect((await woken()).toSorted()).toEqual(both);
    await audits.poll(appid, '1', auditDecision('APPROVED', 'POLL', T + 2_000));
    expect((await woken()).toSorted()).toEqual(both);
  });
});
