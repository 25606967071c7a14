import { spawn } from 'node:child_process';
import { once } from 'node:events';
import pg from 'pg';
import { eventually } from '../eventually.js';
import { type World } from '../world.js';
import { CLI } from '../wxa.js';

/** A lock that stops `wxa restore` at one of its steps. */
export interface Block {
  step: string;
  lock: string;
}

const table = (name: string) => `lock table ${name} in exclusive mode`;

/** The steps, in order. */
export const BLOCKS: readonly Block[] = [
  { step: 'staging', lock: table('restore_events') },
  { step: 'insert', lock: table('operations') },
  { step: 'finish', lock: `select from operations where method = 'RevertRelease' for update` },
  { step: 'content lost', lock: table('outbox') },
  { step: 'doubt', lock: `select from operations where request_id = 'r-1' for update` },
  { step: 'audits', lock: table('audits') },
  { step: 'the end', lock: table('trail') },
];

const CONNECTED = `select from pg_stat_activity where application_name = 'wxa-cli restore'
  and datname = current_database()`;

/** Kills the command while it waits for a lock. It leaves its lease. */
export async function killAt(
  world: World,
  { step, lock }: Block,
  args: string[],
  env: Record<string, string>,
): Promise<void> {
  await world.sql(`update leases set until = now() where name = 'restore'`);
  const blocker = new pg.Client({ connectionString: world.stack.addresses.postgres });
  await blocker.connect();
  await blocker.query('begin');
  await blocker.query(lock);
  const child = spawn(process.execPath, [CLI, 'restore', ...args], { env: { ...process.env, ...env } });
  const closed = once(child, 'close').then(() => `ended before ${step}`);
  const waits = `${CONNECTED} and wait_event_type = 'Lock'`;
  const blocked = eventually(async () => (await world.sql(waits)).length === 1).then(() => 'waits');
  const first = await Promise.race([closed, blocked]);
  child.kill('SIGKILL');
  await closed;
  await blocker.query('rollback');
  await blocker.end();
  if (first !== 'waits') throw new Error(first);
  // Postgres notices the end of the connection when its statement has ended.
  await eventually(async () => (await world.sql(CONNECTED)).length === 0);
}
