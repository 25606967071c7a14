import { type Postgres, startPostgres } from '@wxa/stack';
import { type AppName, Store } from '@wxa/store';
import pg from 'pg';
import { migratedDatabase } from '../migrated-database.js';
import type { Round } from '../results.js';
import { readTimes } from './reads.js';
import { median, round, type Stores } from './round.js';
import { sqlOf } from './sql.js';
import { writeHistory } from './write-history.js';

const ROWS = { small: 10_000, large: 1_000_000 };
const ROUNDS = 9;
/** Rounds of 1,000: six operations for each mini-program. */
const TOUCHES = 30;

interface Base extends Stores {
  pool: pg.Pool;
}

/**
 * Whether a day's operations in the table slow the next ones: two databases of one server, measured in turns. Once as
 * it is most of the time, and once right after a checkpoint, when the first change to each page is logged with the
 * whole page: with many rows nearly every operation meets such pages. `onStart` gets what stops the server.
 */
export async function history(
  tell: (line: string) => void,
  onStart: (stop: () => Promise<void>) => void,
): Promise<object> {
  const postgres = await startPostgres();
  onStart(() => postgres.stop());
  await withoutCheckpoints(postgres);
  const small = await fill(postgres, ROWS.small, tell);
  const large = await fill(postgres, ROWS.large, tell);
  try {
    // What the filling wrote is not to be written meanwhile.
    await small.pool.query('checkpoint');
    const { slower: slowerAfterCheckpoint } = await compare(small, large);
    await touch(large);
    const compared = await compare(small, large);
    return {
      rows: ROWS,
      rounds: ROUNDS,
      ...compared,
      slowerAfterCheckpoint,
      reads: await reads(small, large),
    };
  } finally {
    await Promise.all([close(small), close(large)]);
    await postgres.stop();
  }
}

/** Changes nearly every page since the checkpoint; the few pages of the small one are changed soon enough. */
async function touch(base: Base): Promise<void> {
  for (let n = 0; n < TOUCHES; n++) {
    await round(base);
    await base.pool.query('truncate outbox');
  }
}

/** None but those that are asked for. */
async function withoutCheckpoints({ url }: Postgres): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(`alter system set checkpoint_timeout = '1d'`);
  await client.query(`alter system set max_wal_size = '32GB'`);
  await client.query('select pg_reload_conf()');
  await client.end();
}

async function fill({ url }: Postgres, rows: number, tell: (line: string) => void): Promise<Base> {
  tell(`  writing ${rows} operations`);
  const { url: database, pool } = await migratedDatabase(url, `history_${rows}`);
  await writeHistory(sqlOf(pool), rows);
  const open = (writer: AppName) => Store.open({ url: database }, { writer, toEvent: noAudits });
  return { gateway: await open('gateway'), worker: await open('release-worker'), pool };
}

async function close({ gateway, worker, pool }: Base): Promise<void> {
  await Promise.all([gateway.close(), worker.close(), pool.end()]);
}

function noAudits(): never {
  throw new Error('no audits here');
}

/** Medians at both sizes; `slower`: how many times slower the large one is. */
async function compare(small: Base, large: Base): Promise<{ small: Round; large: Round; slower: Round }> {
  const rounds = { small: [] as Round[], large: [] as Round[] };
  // The first of each warms caches and prepares statements.
  for (let n = 0; n <= ROUNDS; n++) {
    for (const [name, base] of Object.entries({ small, large }) as [keyof typeof rounds, Base][]) {
      const measured = await round(base);
      await base.pool.query('truncate outbox');
      if (n > 0) rounds[name].push(measured);
    }
  }
  const [ofSmall, ofLarge] = [medians(rounds.small), medians(rounds.large)];
  return { small: ofSmall, large: ofLarge, slower: slower(ofSmall, ofLarge) };
}

const KEYS = ['acceptsPerSecond', 'runsPerSecond', 'acceptMs', 'claimMs', 'settleMs'] as const;

function medians(rounds: Round[]): Round {
  const entries = KEYS.map((key) => [key, Number(median(rounds.map((one) => one[key])).toFixed(2))]);
  return Object.fromEntries(entries) as Round;
}

function slower(small: Round, large: Round): Round {
  const entries = KEYS.map((key) => {
    const times = key.endsWith('PerSecond') ? small[key] / large[key] : large[key] / small[key];
    return [key, Number(times.toFixed(2))];
  });
  return Object.fromEntries(entries) as Round;
}

async function reads(small: Base, large: Base): Promise<Record<string, { small: number; large: number }>> {
  const ofSmall = await readTimes(small);
  const ofLarge = await readTimes(large);
  const entries = Object.entries(ofLarge).map(([name, ms]) => [
    name,
    { small: ofSmall[name] ?? 0, large: ms },
  ]);
  return Object.fromEntries(entries);
}
