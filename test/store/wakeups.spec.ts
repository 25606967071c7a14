import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { NewOperation } from '@wxa/operations';
import { auditDecision, audits, HOUR_MS, opened, push } from './audit-steps.js';
import * as steps from './operation-steps.js';
import { accept, begin, inDoubt, settle, settlement, toEvent } from './operation-steps.js';
import { gateway, newAppid, sql, useStore, value, worker } from './use-store.js';

useStore();

const ROLLOUT = randomUUID();
const OTHER = randomUUID();

/** The appids that were woken since the last call, by rollout. */
async function woken(): Promise<[rollout: string, appid: string][]> {
  const rows = await sql<{ rollout_id: string; appid: string }>(
    'delete from rollout_wakeups returning rollout_id, appid',
  );
  return rows.map(({ rollout_id, appid }): [string, string] => [rollout_id, appid]).toSorted();
}

async function newDoubt(given: Partial<NewOperation>) {
  const operation = await inDoubt(given);
  await woken();
  return operation;
}

async function settleDoubt(given: Partial<NewOperation>, state: 'SUCCEEDED' | 'RETRYING') {
  const operation = await newDoubt(given);
  const [doubt] = (await worker.doubts.take(100, 60_000)).filter(({ id }) => id === operation.id);
  await worker.doubts.settle(settlement(operation, state), doubt ?? { checks: 0, throttledMs: 0 });
  return operation.id;
}

async function resolve(given: Partial<NewOperation>, state: 'SUCCEEDED' | 'RETRYING') {
  const { id } = await newDoubt(given);
  await steps.resolve(id, state);
  return id;
}

/** Each ends a new operation, or puts it in doubt, and returns its id. */
const STATEMENTS: Record<string, (given: Partial<NewOperation>) => Promise<string>> = {
  async 'settle, if it ends the operation,'(given) {
    const operation = await begin(given);
    await settle(operation, 'SUCCEEDED');
    return operation.id;
  },
  'settle, if it puts the operation in doubt,': async (given) => (await inDoubt(given)).id,
  async 'settle-and-claim'(given) {
    const operation = await begin(given);
    const claim = { id: await accept(), leaseMs: 60_000, key: randomUUID() };
    await worker.operations.settleAndClaim({ settlement: settlement(operation, 'FAILED'), claim });
    return operation.id;
  },
  'settle-doubt to SUCCEEDED': (given) => settleDoubt(given, 'SUCCEEDED'),
  'settle-doubt to RETRYING': (given) => settleDoubt(given, 'RETRYING'),
  'resolve to SUCCEEDED': (given) => resolve(given, 'SUCCEEDED'),
  'resolve to RETRYING': (given) => resolve(given, 'RETRYING'),
  async cancel(given) {
    const id = await accept(given);
    await steps.cancel(id);
    return id;
  },
  async cancelUnsentQueries(given) {
    const id = await accept({ ...given, isChange: false });
    await gateway.operations.cancelUnsentQueries([id], toEvent);
    return id;
  },
  async settleForward(given) {
    const appid = newAppid();
    const forgotten = { id: await accept({ ...given, appid }), appid, fence: 1, claimKey: randomUUID() };
    await worker.history.settleForward(settlement(forgotten, 'SUCCEEDED'), new Date());
    return forgotten.id;
  },
};

describe('wake-ups', () => {
  it.each(Object.entries(STATEMENTS))(
    '%s wakes the rollout of the operation, and none if it has none',
    async (_, run) => {
      await woken();
      const id = await run({ rolloutId: ROLLOUT });
      const appid = await value('select appid from operations where id = $1', id);
      expect(await woken()).toEqual([[ROLLOUT, appid]]);
      await run({});
      expect(await woken()).toEqual([]);
    },
  );

  it('settle wakes nothing if the operation is retried or another claim has settled it', async () => {
    const operation = await begin({ rolloutId: ROLLOUT });
    await settle({ ...operation, fence: 7 }, 'SUCCEEDED');
    await settle(operation, 'RETRYING');
    expect(await woken()).toEqual([]);
  });

  it('An audit that ends or is delayed wakes its own rollout and the target that holds the mini-program', async () => {
    const appid = newAppid();
    const T = Date.now() - 10 * HOUR_MS;
    const submit = await audits.claim(await accept({ appid, method: 'SubmitAudit', rolloutId: ROLLOUT }), T);
    await audits.settle(submit, { auditEffect: opened('1', T) });
    await sql(
      `insert into rollout_targets (rollout_id, position, appid, step, state, holds_appid, updated_at)
       values ($1, 1, $2, 3, 'RUNNING', true, now())`,
      ...[OTHER, appid],
    );
    await woken();
    const both = [ROLLOUT, OTHER].toSorted().map((rollout) => [rollout, appid]);
    expect(await push(gateway, appid, 'DELAYED', T + 1_000)).toBe('matched');
    expect(await woken()).toEqual(both);
    await audits.poll(appid, '1', auditDecision('APPROVED', 'POLL', T + 2_000));
    expect(await woken()).toEqual(both);
  });
});

describe('the counts of rollouts', () => {
  const rollout = async (state: string, given: { cause?: string; turnAt: string; next?: string }) => {
    const id = randomUUID();
    await sql(
      `insert into rollouts (id, caller, request_id, request_hash, spec, state, pause_cause, next_turn_at, last_turn_at,
         created_at, updated_at)
       values ($1::uuid, 'c', $1::uuid::text, '', '{}', $2, $3, $4, $5, now(), now())`,
      ...[id, state, given.cause ?? null, given.next ?? null, given.turnAt],
    );
    return id;
  };
  const counted = async () => (await worker.backlog.count()).rollouts;
  const [EARLY, LATE, FUTURE] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', '2999-01-01T00:00:00Z'];

  it('Live rollouts are counted by state, pause cause and the states of their targets, ended ones are not', async () => {
    await sql('delete from rollout_wakeups');
    expect(await counted()).toEqual({ live: [], oldestTurnMs: null, targets: [], wakeups: 0, candidates: 0 });
    await rollout('RUNNING', { turnAt: EARLY, next: FUTURE });
    const paused = await rollout('PAUSED', { cause: 'STOP_RULE', turnAt: LATE });
    const ended = await rollout('COMPLETED', { turnAt: EARLY, next: EARLY });
    for (const id of [paused, ended])
      await sql(
        `insert into rollout_counts (rollout_id, wave, step, state, waits_for, targets)
         values ($1, 1, 4, 'WAITING', 'AUDIT', 3), ($1, 2, 4, 'WAITING', 'AUDIT', 4)`,
        id,
      );
    const counts = await counted();
    expect(counts.live.toSorted((a, b) => (a.state < b.state ? -1 : 1))).toEqual([
      { state: 'PAUSED', pauseCause: 'STOP_RULE', count: 1 },
      { state: 'RUNNING', pauseCause: null, count: 1 },
    ]);
    expect(counts.targets).toEqual([{ step: 4, state: 'WAITING', count: 7 }]);
    expect(counts.oldestTurnMs).toBeNull();
  });

  it('A rollout is due for a turn with a wake-up, or when the time of its next turn has come', async () => {
    const due = await rollout('PAUSED', { cause: 'REQUESTED', turnAt: LATE });
    await sql('insert into rollout_wakeups (rollout_id, appid) values ($1, $2)', due, newAppid());
    expect(await counted()).toMatchObject({ oldestTurnMs: Date.parse(LATE), wakeups: 1 });
    await rollout('CANCELLING', { turnAt: EARLY, next: LATE });
    expect(await counted()).toMatchObject({ oldestTurnMs: Date.parse(EARLY), wakeups: 1 });
  });
});
