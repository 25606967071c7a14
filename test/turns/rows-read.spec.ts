import { describe, expect, it } from '@jest/globals';
import { addTargets } from '@wxa/rollouts/calls';
import { takeTurn } from '@wxa/rollouts/turn';
import pg, { type ClientBase } from 'pg';
import { newAppids } from '../rollouts/rollout-steps.js';
import { openStore } from '../store/scratch-store.js';
import { scratch, sql, useStore } from '../store/use-store.js';
import { steps, TURN_OPTIONS } from './turn-steps.js';

useStore();

const TARGETS = 6_000;
const MOVED = 500;
/** A turn reads and writes each of its targets, and looks them up in further places. */
const MOST = 6 * MOVED;

/** How many rows of rollout_targets the transaction of a new connection has read. */
async function readBy(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ rows: number }>(
    `select (seq_tup_read + idx_tup_fetch)::int as rows from pg_stat_xact_user_tables where relname = 'rollout_targets'`,
  );
  return rows[0]?.rows ?? Number.NaN;
}

/** No statistics, whenever autovacuum comes. */
async function forgetStatistics(): Promise<void> {
  await sql('alter table rollout_targets set (autovacuum_enabled = false)');
  await sql(`delete from pg_statistic where starelid = 'rollout_targets'::regclass`);
}

/** Runs a turn on new connections, whose statistics begin at 0; returns how many rows of rollout_targets it read. */
async function rowsRead(): Promise<number> {
  let rows = Number.NaN;
  const store = await openStore({ url: scratch.url, poolSize: 1 });
  await sql(`update rollouts set last_turn_at = last_turn_at - interval '1 second'`);
  await store.rollouts.turn(TURN_OPTIONS, async (start) => {
    const report = await takeTurn(start);
    rows = await readBy(start.client);
    return report;
  });
  await store.close();
  return rows;
}

describe('turn', () => {
  it('A turn without statistics of Postgres reads only the targets that it moves, not all of the rollout', async () => {
    const id = await steps.start(newAppids(TARGETS), { maxInFlight: MOVED });
    await steps.turn();
    await forgetStatistics();
    await sql(
      `with ended as (
         update operations set state = 'FAILED', error = '{"errcode": 85051}', ended_at = now()
         where rollout_id = $1 returning rollout_id, appid)
       insert into rollout_wakeups (rollout_id, appid) select rollout_id, appid from ended`,
      id,
    );
    expect(await rowsRead()).toBeLessThanOrEqual(MOST);
    await steps.cancel(id);
    // The first turn of a command counts the targets that it selects.
    await steps.turn();
    expect(await rowsRead()).toBeLessThanOrEqual(MOST);
    const cancelled = (await steps.states(id)).filter((state) => state === 'CANCELLED');
    expect(cancelled.length).toBeGreaterThan(MOVED);
    await steps.endAll();
  });

  it('A turn looks at each of 100 waves with speed-ups as often for 500 woken targets as for one', async () => {
    const size = { $case: 'count' as const, value: 5 };
    const waves = Array.from({ length: 100 }, () => ({ size, speedUp: true }));
    const id = await steps.begin(newAppids(500), { waves, auditBudget: { maxSpeedUps: 5 } });
    const looks = async (woken: number) => {
      let count = 0;
      await sql(
        `insert into rollout_wakeups (rollout_id, appid)
         select rollout_id, appid from rollout_targets where rollout_id = $1 order by position limit $2`,
        ...[id, woken],
      );
      await steps.turn((turn) => {
        expect(turn.woken).toHaveLength(woken);
        for (const row of turn.waves) {
          const { wave } = row;
          const get = () => {
            count += 1;
            return wave;
          };
          Object.defineProperty(row, 'wave', { enumerable: true, get });
        }
      });
      return count;
    };
    const ofOne = await looks(1);
    expect(await looks(500)).toBe(ofOne);
    // It looks at all waves in each of its decisions.
    expect(ofOne).toBeLessThanOrEqual(20 * 100);
  });
});

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
  await client.end();
  expect(added).toBe(1);
  expect(rows).toBeLessThanOrEqual(MOST);
});
