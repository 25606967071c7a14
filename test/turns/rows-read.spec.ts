import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RolloutTurn } from '@wxa/release-worker';
import { addTargets, Store } from '@wxa/store';
import pg, { type ClientBase } from 'pg';
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

/** How many rows of rollout_targets the transaction of a new connection has read. */
async function readBy(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ rows: number }>(
    `select (seq_tup_read + idx_tup_fetch)::int as rows from pg_stat_xact_user_tables where relname = 'rollout_targets'`,
  );
  return rows[0]?.rows ?? Number.NaN;
}

/** No statistics, whenever autovacuum comes. */
async function forgetStatistics(): Promise<void> {
  await scratch.sql('alter table rollout_targets set (autovacuum_enabled = false)');
  await scratch.sql(`delete from pg_statistic where starelid = 'rollout_targets'::regclass`);
}

/** Runs a turn on new connections, whose statistics begin at 0; returns how many rows of rollout_targets it read. */
async function rowsRead(): Promise<number> {
  let rows = Number.NaN;
  const store = await Store.open({ url: scratch.url, poolSize: 1 }, { writer: 'release-worker', toEvent });
  await scratch.sql(`update rollouts set last_turn_at = last_turn_at - interval '1 second'`);
  await store.rollouts.turn([], async (turn) => {
    const client = Reflect.get(turn, 'client') as ClientBase;
    await RolloutTurn.run(turn, TURN_OPTIONS);
    rows = await readBy(client);
  });
  await store.close();
  return rows;
}

describe('turn', () => {
  it('A turn without statistics of Postgres reads only the targets that it moves, not all of the rollout', async () => {
    const id = await steps.start(newAppids(TARGETS), { maxInFlight: MOVED });
    await steps.turn();
    await forgetStatistics();
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

describe('addTargets', () => {
  it('New overrides of a large draft are written without reading all of it', async () => {
    const appids = newAppids(TARGETS);
    const id = await steps.start(appids);
    await forgetStatistics();
    const given = [...appids.slice(0, MOVED), ...newAppids(1)].map((appid) => ({
      ...{ appid, extPatch: '{}', items: null, wave: 0 },
    }));
    const client = new pg.Client({ connectionString: scratch.url });
    await client.connect();
    await client.query('begin');
    const added = await addTargets(client, id, 1, given);
    const rows = await readBy(client);
    await client.query('rollback');
    await client.end();
    expect(added).toBe(1);
    expect(rows).toBeLessThanOrEqual(MOST);
  });
});
