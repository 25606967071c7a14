import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newAppid } from '../appid.js';
import { type ScratchStore, scratchStore } from './scratch-store.js';

let scratch: ScratchStore;
beforeAll(async () => {
  scratch = await scratchStore();
});
afterAll(() => scratch?.close());

describe('the counts of rollouts', () => {
  const rollout = async (state: string, given: { cause?: string; turnAt: string; next?: string }) => {
    const id = randomUUID();
    await scratch.sql(
      `insert into rollouts (id, caller, request_id, request_hash, spec, state, pause_cause, next_turn_at, last_turn_at,
         created_at, updated_at)
       values ($1::uuid, 'c', $1::uuid::text, '', '{}', $2, $3, $4, $5, now(), now())`,
      [id, state, given.cause ?? null, given.next ?? null, given.turnAt],
    );
    return id;
  };
  const counted = async () => (await scratch.worker.backlog.count()).rollouts;
  const [EARLY, LATE, FUTURE] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', '2999-01-01T00:00:00Z'];

  it('Live rollouts are counted by state, pause cause and the states of their targets, ended ones are not', async () => {
    expect(await counted()).toEqual({ live: [], oldestTurnMs: null, targets: [], wakeups: 0 });
    await rollout('RUNNING', { turnAt: EARLY, next: FUTURE });
    const paused = await rollout('PAUSED', { cause: 'STOP_RULE', turnAt: LATE });
    const ended = await rollout('COMPLETED', { turnAt: EARLY, next: EARLY });
    for (const id of [paused, ended])
      await scratch.sql(
        `insert into rollout_counts (rollout_id, wave, step, state, waits_for, targets)
         values ($1, 1, 4, 'WAITING', 'AUDIT', 3), ($1, 2, 4, 'WAITING', 'AUDIT', 4)`,
        [id],
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
    const woken = await rollout('PAUSED', { cause: 'REQUESTED', turnAt: LATE });
    await scratch.sql('insert into rollout_wakeups (rollout_id, appid) values ($1, $2)', [woken, newAppid()]);
    expect(await counted()).toMatchObject({ oldestTurnMs: Date.parse(LATE), wakeups: 1 });
    await rollout('CANCELLING', { turnAt: EARLY, next: LATE });
    expect(await counted()).toMatchObject({ oldestTurnMs: Date.parse(EARLY), wakeups: 1 });
  });
});
