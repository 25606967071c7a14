import { describe, expect, it } from '@jest/globals';
import { newAppids } from '../rollouts/rollout-steps.js';
import { column, sql, useStore, value, worker } from '../store/use-store.js';
import { steps } from './turn-steps.js';

useStore();

const DAY_MS = 86_400_000;
const KEPT = { queriesMs: DAY_MS, changesMs: DAY_MS, trailMs: 400 * DAY_MS, rolloutsMs: 400 * DAY_MS };
const deleteOld = (what: 'audits' | 'drafts' | 'rollouts' | 'wakeups' | 'candidates') =>
  worker.deleteOld(what, KEPT);

const rowsOf = (id: string) =>
  Promise.all(
    ['rollouts', 'rollout_targets', 'rollout_waves', 'rollout_counts', 'rollout_changes'].map((table) => {
      const key = table === 'rollouts' ? 'id' : 'rollout_id';
      return value<number>(`select count(*)::int from ${table} where ${key} = $1`, id);
    }),
  );
const NO_ROWS = [0, 0, 0, 0, 0];

async function ended(targets: number, days: number): Promise<string> {
  const id = await steps.start(newAppids(targets));
  const past = `now() - $2 * interval '1 day' - interval '1 minute'`;
  const set = `state = 'COMPLETED', ended_at = ${past}, next_turn_at = null`;
  await sql(`update rollouts set ${set} where id = $1`, id, days);
  return id;
}

describe('retention', () => {
  it('A draft that nobody has changed for 30 days is deleted, a younger one and a rollout that runs are not', async () => {
    const draft = async (days: number) => {
      const id = await steps.start(newAppids(2));
      const unchanged = `state = 'DRAFT', updated_at = now() - $2 * interval '1 day' - interval '1 minute'`;
      await sql(`update rollouts set ${unchanged}, next_turn_at = null where id = $1`, id, days);
      return id;
    };
    const [old, young, live] = [await draft(30), await draft(29), await draft(100)];
    await sql(`update rollouts set state = 'RUNNING' where id = $1`, live);
    expect(await deleteOld('drafts')).toBe(1);
    while ((await deleteOld('rollouts')) > 0);
    expect(await rowsOf(old)).toEqual(NO_ROWS);
    for (const id of [young, live]) expect((await rowsOf(id)).slice(0, 2)).toEqual([1, 2]);
    await sql(`update rollouts set state = 'COMPLETED', ended_at = now()`);
  });

  it('A rollout is deleted 400 days after its end, 5,000 targets at a time, and no call can retry what is left', async () => {
    const [old, young] = [await ended(5_001, 400), await ended(1, 399)];
    const live = await steps.start(newAppids(1));
    expect(await deleteOld('rollouts')).toBe(5_000);
    expect((await rowsOf(old))[1]).toBe(1);
    expect((await steps.rollout(old)).state).toBe('CANCELLED');
    expect([await deleteOld('rollouts'), await deleteOld('rollouts')]).toEqual([2, 0]);
    expect(await rowsOf(old)).toEqual(NO_ROWS);
    for (const id of [young, live]) expect(await rowsOf(id)).toEqual([1, 1, 1, 1, 2]);
  });

  it('An audit that is not polled any more is kept while a target waits for its verdict', async () => {
    const id = await steps.start(newAppids(2));
    const audits = await column<string>(
      `insert into audits (operation_id, appid, audit_id, user_version, state, submitted_at, next_poll_at)
       select gen_random_uuid(), appid, position, '1.0', 'OPEN', now() - interval '2 days', 'infinity'
       from rollout_targets where rollout_id = $1 order by position returning operation_id`,
      id,
    );
    const waits = `state = 'WAITING', waits_for = 'AUDIT', step = 4, holds_appid = true`;
    await sql(
      `update rollout_targets t set audit_operation_id = a.operation_id, ${waits}
       from audits a where t.rollout_id = $1 and a.appid = t.appid`,
      id,
    );
    expect(await deleteOld('audits')).toBe(0);
    await sql(
      `update rollout_targets set state = 'SKIPPED', waits_for = null, holds_appid = false where rollout_id = $1 and position = 2`,
      id,
    );
    expect(await deleteOld('audits')).toBe(1);
    expect(await column('select operation_id from audits where operation_id = any($1)', audits)).toEqual([
      audits[0],
    ]);
  });

  it.each([
    ['Wake-ups', 'wakeups', 'rollout_wakeups'],
    ['Candidates', 'candidates', 'rollout_candidates'],
  ] as const)(
    '%s of rollouts that have ended or are gone are deleted, and no others',
    async (_, what, table) => {
      const [over, live] = [await ended(1, 0), await steps.start(newAppids(1))];
      const gone = '01890a5d-ac96-774b-bcce-b302099a8057';
      await sql(`insert into ${table} (rollout_id, appid) select unnest($1::uuid[]), 'wx'`, [
        over,
        live,
        gone,
      ]);
      expect([await deleteOld(what), await deleteOld(what)]).toEqual([2, 0]);
      expect(await column(`select rollout_id from ${table}`)).toEqual([live]);
    },
  );
});
