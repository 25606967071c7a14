import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { RolloutSpec } from '@wxa/contracts';
import { addTargets, assignWaves } from '@wxa/rollouts/calls';
import pg from 'pg';
import { specOf } from '../rollouts/rollout-steps.js';
import { PlanLog } from './logged-plans.js';

const TARGETS = 2_000;
const INSERT = `
insert into rollout_targets (rollout_id, position, appid, step, updated_at)
select $1, i, 'wx' || lpad(to_hex(i), 16, '0'), 1, now() from generate_series(1, ${TARGETS}) i`;

let log: PlanLog;
/** Logs its plans: the connection of `log` was opened before. */
let pool: pg.Pool;
beforeAll(async () => {
  log = await PlanLog.start();
  pool = new pg.Pool({ connectionString: log.url });
});
afterAll(async () => {
  await pool?.end();
  await log?.stop();
});

/** Writes the targets of a draft; returns how many pairs of rows some work on it compares. */
async function compared(work: (client: pg.PoolClient, id: string) => Promise<unknown>): Promise<number> {
  const id = randomUUID();
  await pool.query(INSERT, [id]);
  const client = await pool.connect();
  const plans = await log.plansOf(async () => {
    await client.query('begin');
    await work(client, id);
    await client.query('commit');
  });
  client.release();
  expect(plans.length).toBeGreaterThan(0);
  return plans.reduce((sum, { compared }) => sum + compared, 0);
}

const APPIDS = Array.from({ length: TARGETS }, (_, i) => `wx${(i + 1).toString(16).padStart(16, '0')}`);

it.each<[string, (client: pg.PoolClient, id: string) => Promise<unknown>]>([
  [
    'The waves of a rollout are assigned',
    (client, id) => assignWaves(client, { id, rollbackOf: null, spec: RolloutSpec.toJSON(specOf()) }),
  ],
  [
    'Targets of a draft get other overrides',
    (client, id) =>
      addTargets(
        client,
        id,
        1,
        APPIDS.map((appid) => ({ appid, extPatch: '{}', items: null, wave: 0 })),
      ),
  ],
])('%s by comparing each target a few times, whatever Postgres knows of other rollouts.', async (_, work) => {
  expect(await compared(work)).toBeLessThan(10 * TARGETS);
  await pool.query('analyze rollout_targets');
  expect(await compared(work)).toBeLessThan(10 * TARGETS);
});
