import { randomUUID } from 'node:crypto';
import { type FileHandle, open as openFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startPostgres, temporaryFolder } from '@wxa/stack';
import { RETAINED, type SentEvent, Store } from '@wxa/store';
import { releases, succeeded } from '../bounds/round.js';
import { type Sql, sqlOf } from '../bounds/sql.js';
import { writeHistory } from '../bounds/write-history.js';
import { writeParked } from '../bounds/write-parked.js';
import { migratedDatabase } from '../migrated-database.js';

const ROWS = 1_000_000;
/** As many wait for a change in doubt, one in a hundred, as for a quota; and as many events wait for Kafka. */
const WAITING = 20_000;
const BATCH = 200;
const HOUR_MS = 3_600_000;

/** How a statement was run; pages are those found in memory, read and written. */
export interface Plan {
  name: string;
  ms: number;
  rows: number;
  pages: number;
  walBytes: number;
  indexes: string[];
  /** Tables that were read from end to end. */
  seqScans: string[];
}

/** The same, of the statement with this text. */
export type LoggedPlan = Omit<Plan, 'name'> & { text: string };

/** What a store does by itself twice a second, whatever else is measured. */
const OF_A_TIMER = /pg_locks|outbox_id_seq/;

/** `waiting`: so many wait for a change in doubt, as many for a quota, as many events for Kafka. */
export interface Plans {
  rows: number;
  waiting: number;
  batch: number;
  plans: Plan[];
}

/** How each hot statement is run among 1,000,000 operations, as auto_explain logs it. */
export async function plans(
  tell: (line: string) => void,
  onStart: (stop: () => Promise<void>) => void,
): Promise<Plans> {
  const folder = await temporaryFolder('plans');
  const logFile = join(folder.path, 'postgres.log');
  const postgres = await startPostgres({ logFile, settings: { max_wal_size: '8GB' } });
  const stop = () => postgres.stop().finally(() => folder.release());
  onStart(stop);
  try {
    const url = await fill(postgres.url, tell);
    return { rows: ROWS, waiting: WAITING, batch: BATCH, plans: await explain(url, logFile) };
  } finally {
    await stop();
  }
}

async function fill(server: string, tell: (line: string) => void): Promise<string> {
  tell(`writing ${ROWS} operations …`);
  const { url, pool } = await migratedDatabase(server, 'plans');
  const sql = sqlOf(pool);
  await writeHistory(sql, ROWS);
  await writeParked(sql, WAITING);
  await sql(
    `insert into outbox (writer, topic, event_id, type, source, appid, time, traceparent, value)
    select 'gateway', 'wxa.code.commands.v1', n::text, 'CodeCommand', '/bench', 'wx', now(), '', repeat('x', 300)
    from generate_series(1, $1::int) n`,
    [WAITING],
  );
  await sql('vacuum analyze');
  await logPlans(sql, 'plans');
  await pool.end();
  return url;
}

/** Has the log say how each statement of connections made later was run. */
export async function logPlans(sql: Sql, database: string): Promise<void> {
  const settings = {
    session_preload_libraries: 'auto_explain',
    'auto_explain.log_min_duration': '0',
    'auto_explain.log_analyze': 'on',
    'auto_explain.log_buffers': 'on',
    'auto_explain.log_wal': 'on',
    'auto_explain.log_format': 'json',
    'auto_explain.log_parameter_max_length': '0',
  };
  for (const [name, value] of Object.entries(settings))
    await sql(`alter database ${database} set ${name} = '${value}'`);
}

async function explain(url: string, logFile: string): Promise<Plan[]> {
  const toEvent = () => {
    throw new Error('no audits here');
  };
  const store = await Store.open({ url }, { writer: 'gateway', toEvent });
  const log = await openFile(logFile);
  const found: Plan[] = [];
  try {
    const works = Object.entries(statements(store));
    // The first time each reads the catalogs and fills caches.
    for (const [, work] of works) await work();
    for (const [name, work] of works) {
      for (const { text, ...plan } of await plansOf(log, work)) {
        if (!OF_A_TIMER.test(text)) found.push({ name, ...plan });
      }
    }
  } finally {
    await log.close();
    await store.close();
  }
  return found;
}

const NO_ID = '00000000-0000-0000-0000-000000000000';

function statements(store: Store): Record<string, () => Promise<unknown>> {
  let batch = releases(BATCH);
  const all = <R>(work: (operation: (typeof batch)[number]) => Promise<R>) => Promise.all(batch.map(work));
  const [first] = batch;
  const appid = first?.appid ?? '';
  let sent: SentEvent[] = [];
  return {
    accept: () => {
      batch = releases(BATCH);
      return all((operation) => store.accept(operation));
    },
    'accept again': () => all((operation) => store.accept({ ...operation, id: randomUUID() })),
    claim: () => all(({ id }) => store.claim({ id, leaseMs: HOUR_MS, key: randomUUID() })),
    note: () =>
      store.snapshot({ id: batch[0]?.id ?? '', appid, fence: 1, noted: {}, audit: null, leaseMs: HOUR_MS }),
    settle: () => all((operation) => store.settle(succeeded(operation))),
    'advance outbox': async () => {
      sent = (await store.advanceOutbox(sent, 500)).rows;
    },
    'find operations': () => store.findOperations(batch.map(({ id }) => id)),
    'promote due': () => store.backlog.promoteDue([0], 500),
    'load by method': () => store.backlog.load('method', [{ of: 'Commit', count: 500 }], [0]),
    'find untouched': () => store.backlog.findUntouched(NO_ID, HOUR_MS),
    'release missed': () => store.backlog.releaseMissed(NO_ID, 250),
    'take doubts': () => store.takeDoubts(20, HOUR_MS),
    'take due audits': () => store.takeDueAudits({ afterMs: HOUR_MS, intervalMs: HOUR_MS, limit: 20 }),
    'list: newest page': () => store.listOperations({ limit: 51 }),
    'list: one mini-program': () => store.listOperations({ appid, limit: 51 }),
    'list: FAILED': () => store.listOperations({ state: 'FAILED', limit: 51 }),
    'list: IN_DOUBT': () => store.listOperations({ state: 'IN_DOUBT', limit: 51 }),
    'list unfinished': () => store.listUnfinished({ limit: 500 }),
    'changed lately': () => store.listUnfinished({ since: new Date(), limit: 500 }),
    'version committed before': () => store.versionCommittedBefore(appid, batch[0]?.id ?? ''),
    'events that wait': () => store.outboxDepth(),
    'take places': () => store.takeReservations('wxa/release', 10, 100),
    'hold a lease': () => store.holdLease('bench', '00000000-0000-7000-8000-000000000000', HOUR_MS),
    'delete old': async () => {
      for (const what of RETAINED)
        await store.deleteOld(what, { queriesMs: 20 * HOUR_MS, changesMs: 23 * HOUR_MS });
    },
  };
}

/** How the statements of some work were run, as auto_explain logged it. */
export async function plansOf(log: FileHandle, work: () => Promise<unknown>): Promise<LoggedPlan[]> {
  const { size } = await log.stat();
  await work();
  const { size: end } = await log.stat();
  const { buffer } = await log.read(Buffer.alloc(end - size), 0, end - size, size);
  return plansIn(buffer.toString());
}

/** A node of a plan, as EXPLAIN gives it in JSON. */
interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows'?: number;
  'Shared Hit Blocks'?: number;
  'Shared Read Blocks'?: number;
  'Shared Written Blocks'?: number;
  'WAL Bytes'?: number;
  Plans?: Node[];
}

interface Logged {
  'Query Text': string;
  Plan: Node;
}

/** Reads what auto_explain logged: a line with the duration, then the plan on lines that begin with a tab. */
function plansIn(log: string): LoggedPlan[] {
  return [...log.matchAll(/duration: ([\d.]+) ms {2}plan:\n((?:\t.*\n?)+)/g)].map(([, ms, json]) => {
    const { Plan: root, 'Query Text': text } = JSON.parse((json ?? '').replaceAll('\n\t', '\n')) as Logged;
    const nodes = flat(root);
    return {
      text,
      ms: Number(ms),
      rows: root['Actual Rows'] ?? 0,
      pages: sum([root['Shared Hit Blocks'], root['Shared Read Blocks'], root['Shared Written Blocks']]),
      walBytes: root['WAL Bytes'] ?? 0,
      indexes: distinct(nodes.map((node) => node['Index Name'])),
      seqScans: distinct(
        nodes.map((node) => (node['Node Type'] === 'Seq Scan' ? node['Relation Name'] : undefined)),
      ),
    };
  });
}

function flat(node: Node): Node[] {
  return [node, ...(node.Plans ?? []).flatMap(flat)];
}

function distinct(names: (string | undefined)[]): string[] {
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

function sum(values: (number | undefined)[]): number {
  return values.reduce<number>((total, value) => total + (value ?? 0), 0);
}
