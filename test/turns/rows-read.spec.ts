import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RolloutTurn } from '@wxa/release-worker';
import { Store } from '@wxa/store';
import type { ClientBase } from 'pg';
import { newAppids } from '../rollouts/rollout-steps.js';
import { event, type ScratchStore, scratchStore } from '../store/scratch-store.js';
import { TURN_OPTIONS, TurnSteps } from './turn-steps.js';

const TARGETS = 6_000;
const MOVED = 500;
/** A turn reads and writes each of its targets, and looks them up in further places. */
const MOST = 6 * MOVED;

const toEvent = (appid: string, _audit: unknown, _decision: unknown, id: string) => event(appid, id);

let scratch: ScratchStore;
let steps: TurnSteps;
beforeAll(async () => {
  scratch = await scratchStore();
  steps = new TurnSteps(scratch);
});
afterAll(() => scratch?.close());

/** Runs a turn on new connections, whose statistics begin at 0; returns how many rows of rollout_targets it read. */
async function rowsRead(): Promise<number> {
  let rows = Number.NaN;
  const store = await Store.open({ url: scratch.url, poolSize: 1 }, { writer: 'release-worker', toEvent });
  await store.rollouts.turn([], async (turn) => {
    const client = Reflect.get(turn, 'client') as ClientBase;
    await RolloutTurn.run(turn, { ...TURN_OPTIONS, checksRequestIds: false });
    const read = await client.query<{ rows: number }>(
      `select (seq_tup_read + idx_tup_fetch)::int as rows from pg_stat_xact_user_tables where relname = 'rollout_targets'`,
    );
    rows = read.rows[0]?.rows ?? Number.NaN;
  });
  await store.close();
  return rows;
}

describe('turn', () => {
  it('A turn without statistics of Postgres reads only the targets that it moves, not all of the rollout', async () => {
    const id = await steps.start(newAppids(TARGETS), { maxInFlight: MOVED });
    await steps.turn();
    // No statistics, whenever autovacuum comes.
    await scratch.sql('alter table rollout_targets set (autovacuum_enabled = false)');
    await scratch.sql(`delete from pg_statistic where starelid = 'rollout_targets'::regclass`);
    await scratch.sql(
      `with ended as (
         update operations set state = 'FAILED', error = '{"errcode": 85051}', ended_at = now()
         where rollout_id = $1 returning rollout_id, appid)
       insert into rollout_wakeups (rollout_id, appid) select rollout_id, appid from ended`,
      [id],
    );
    expect(await rowsRead()).toBeLessThanOrEqual(MOST);
    await steps.cancel(id);
    // The first turn of a command counts the targets that it selects.
    await steps.turn();
    expect(await rowsRead()).toBeLessThanOrEqual(MOST);
    const states = (await steps.targets(id)).map(({ state }) => state);
    expect(states.filter((state) => state === 'CANCELLED').length).toBeGreaterThan(MOVED);
  });
});
