import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newAppids } from '../rollouts/rollout-steps.js';
import { type ScratchStore, scratchStore } from '../store/scratch-store.js';
import { TurnSteps } from './turn-steps.js';

const DAY_MS = 86_400_000;
const KEPT = { queriesMs: DAY_MS, changesMs: DAY_MS, trailMs: 400 * DAY_MS, rolloutsMs: 400 * DAY_MS };
const TABLES = ['rollouts', 'rollout_targets', 'rollout_waves', 'rollout_counts', 'rollout_changes'];

let scratch: ScratchStore;
let steps: TurnSteps;
beforeAll(async () => {
  scratch = await scratchStore();
  steps = new TurnSteps(scratch);
});
afterAll(() => scratch?.close());

const rowsOf = async (id: string) => {
  const rows = TABLES.map((table) =>
    scratch.sql<{ n: number }>(
      `select count(*)::int as n from ${table} where ${table === 'rollouts' ? 'id' : 'rollout_id'} = $1`,
      [id],
    ),
  );
  return (await Promise.all(rows)).map(([row]) => row?.n ?? 0);
};

async function ended(targets: number, days: number): Promise<string> {
  const id = await steps.start(newAppids(targets));
  const past = `now() - $2 * interval '1 day' - interval '1 minute'`;
  await scratch.sql(
    `update rollouts set state = 'COMPLETED', ended_at = ${past}, next_turn_at = null where id = $1`,
    [id, days],
  );
  return id;
}

describe('retention', () => {
  it('A draft that nobody has changed for 30 days is deleted, a younger one and a rollout that runs are not', async () => {
    const draft = async (days: number) => {
      const id = await steps.start(newAppids(2));
      const unchanged = `state = 'DRAFT', updated_at = now() - $2 * interval '1 day' - interval '1 minute'`;
      await scratch.sql(`update rollouts set ${unchanged}, next_turn_at = null where id = $1`, [id, days]);
      return id;
    };
    const [old, young, live] = [await draft(30), await draft(29), await draft(100)];
    await scratch.sql(`update rollouts set state = 'RUNNING' where id = $1`, [live]);
    expect(await scratch.worker.deleteOld('drafts', KEPT)).toBe(1);
    while ((await scratch.worker.deleteOld('rollouts', KEPT)) > 0);
    expect((await rowsOf(old)).every((n) => n === 0)).toBe(true);
    expect((await rowsOf(young)).slice(0, 2)).toEqual([1, 2]);
    expect((await rowsOf(live)).slice(0, 2)).toEqual([1, 2]);
    await scratch.sql(
      `update rollouts set state = 'COMPLETED', ended_at = now() where state in ('DRAFT', 'RUNNING')`,
    );
  });

  it('A rollout is deleted 400 days after its end, 5,000 targets at a time, and no call can retry what is left', async () => {
    const old = await ended(5_001, 400);
    const young = await ended(1, 399);
    const live = await steps.start(newAppids(1));
    expect(await scratch.worker.deleteOld('rollouts', KEPT)).toBe(5_000);
    expect((await rowsOf(old))[1]).toBe(1);
    expect((await steps.rollout(old)).state).toBe('CANCELLED');
    expect(await scratch.worker.deleteOld('rollouts', KEPT)).toBe(2);
    expect(await rowsOf(old)).toEqual([0, 0, 0, 0, 0]);
    expect(await scratch.worker.deleteOld('rollouts', KEPT)).toBe(0);
    expect(await rowsOf(young)).toEqual([1, 1, 1, 1, 2]);
    expect(await rowsOf(live)).toEqual([1, 1, 1, 1, 2]);
  });

  it('Wake-ups of rollouts that have ended or are gone are deleted, and no others', async () => {
    const over = await ended(1, 0);
    const live = await steps.start(newAppids(1));
    const gone = '01890a5d-ac96-774b-bcce-b302099a8057';
    for (const id of [over, live, gone])
      await scratch.sql(`insert into rollout_wakeups (rollout_id, appid) values ($1, 'wx0000000000000001')`, [
        id,
      ]);
    expect(await scratch.worker.deleteOld('wakeups', KEPT)).toBe(2);
    const left = await scratch.sql<{ rollout_id: string }>('select rollout_id from rollout_wakeups');
    expect(left).toEqual([{ rollout_id: live }]);
  });
});
