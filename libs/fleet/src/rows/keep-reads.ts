import { type Statements, transaction } from '@wxa/postgres';
import { type Publisher, writeOutbox } from '@wxa/postgres/outbox';
import type { ClientBase, Pool } from 'pg';
import { hasDrifted } from '../core/drift.js';
import { nextRead } from '../core/due.js';
import type { ReadinessFacts } from '../core/item.js';
import { type Live, liveAfter, nextLiveRead } from '../core/live.js';
import { observe, type Seen } from '../core/observation.js';
import { changedItems, readiness, waitsOf } from '../core/readiness.js';
import { templateOf } from './committed.js';
import { readinessChanged, released } from './events.js';
import { COLUMNS, liveOf, type StoredMiniProgram } from './stored-mini-program.js';

/** What readiness depends on besides the row. */
export type Known = Pick<ReadinessFacts, 'settings' | 'absentPointers' | 'platform'>;

type Row = StoredMiniProgram & ReadinessFacts['authorization'];

const LOCK = `select ${COLUMNS}, a.state, a.permission_sets as "permissionSets"
  from mini_programs m join authorizers a using (appid) where m.appid = $1 for update of m`;

// What became due while it was read stays due, and a read of some parts does not postpone that of all. A layer of settings that is
// being changed has the time at which it was written: its commit may come after the settings were read, seconds later at most. An
// answer to an operation brings the read of all nearer at most.
const KEEP = `
update mini_programs set observed = $2, readiness = $3, waits = $4, drifted = $5, tries = $6,
  due_at = case when $7::float8 is not null and due_parts is null then least(case when $16 then due_at end,
    greatest(clock_timestamp(), case when $15 then clock_timestamp() else coalesce(readiness_at, created_at) end
      + $7 * interval '1 millisecond')) else due_at end,
  live_version = $8, live_at = $9, live_source = $10, live_template = $11,
  gray_percent = case when $17 then 0 else gray_percent end,
  versions_at = greatest(versions_at, $12::timestamptz),
  versions_due_at = coalesce(clock_timestamp() + $14::float8 * interval '1 millisecond', versions_due_at),
  readiness_at = case when $13 then clock_timestamp() else readiness_at end,
  computed_at = now() - interval '5 seconds', updated_at = clock_timestamp()
where appid = $1`;

/** Reads of a mini-program that began at a time. None: only the rules are applied again, to what is stored. */
export interface Reads {
  appid: string;
  reads: readonly Seen[];
  at: Date;
  /** All parts on which readiness depends were read. */
  isComplete?: boolean;
  /** Seen in the answer to an operation of a caller or of a rollout. */
  isObserved?: boolean;
}

/**
 * Stores what was read of a mini-program, its readiness and the events of what has changed, and wakes the targets of rollouts that
 * wait for it. A part that was read again since is left as it is. Returns false if the mini-program is not known.
 * @param knownOf called once its row is locked: a change of its own layer of settings waits for that, or has ended.
 */
export function keepReads(
  pool: Pool,
  publisher: Publisher,
  reads: Reads,
  knownOf: (on: Statements, appid: string) => Promise<Known>,
): Promise<boolean> {
  return transaction(pool, async (client) => {
    const { rows } = await client.query<Row>({
      name: 'lock-mini-program',
      text: LOCK,
      values: [reads.appid],
    });
    const [row] = rows;
    if (row === undefined) return false;
    await keep(client, publisher, { row, reads, known: await knownOf(client, reads.appid) });
    return true;
  });
}

/** The settings of one mini-program have changed, or it was released for the first time: the sweep applies the rules to it again. */
export async function computeAgain(client: ClientBase, appid: string): Promise<void> {
  const text = `update mini_programs set computed_at = '-infinity' where appid = $1 and computed_at is not null`;
  await client.query({ name: 'compute-again', text, values: [appid] });
}

async function keep(
  client: ClientBase,
  { writer }: Publisher,
  { row, reads: made, known }: { row: Row; reads: Reads; known: Known },
): Promise<void> {
  const { appid, reads, at, isComplete = false, isObserved = false } = made;
  const now = at.toISOString();
  const fresh = reads.filter(({ part }) => (row.observed[part]?.at ?? '') < now);
  const observed = observe(row.observed, fresh, at);
  const versions = fresh.find((read) => read.part === 'VERSIONS');
  const before = liveOf(row);
  const shown =
    versions !== undefined && 'answer' in versions ? { version: versions.answer.release } : undefined;
  const live = shown === undefined ? before : liveAfter(before, shown.version, at);
  const template = await templateOfLive(client, row, live);
  const facts = { ...known, authorization: row, observed, isLive: live !== undefined };
  const items = readiness(facts, row.readiness, now);
  const changed = changedItems(row.readiness, items);
  // The versions have a time of their own.
  const isRead = reads.some(({ part }) => part !== 'VERSIONS');
  const tries = changed.length > 0 ? 0 : row.tries;
  // A read of some parts stays within the interval that began with the last read of all.
  const next = nextRead(items, isComplete ? tries : Math.max(tries - 1, 0));
  await client.query({
    name: 'keep-mini-program',
    text: KEEP,
    values: [
      ...[appid, JSON.stringify(observed), JSON.stringify(items), waitsOf(items)],
      ...[hasDrifted(facts), isComplete ? next.tries : tries, isRead ? next.inMs : null],
      ...[live?.version ?? null, live?.at ?? null, live?.source ?? null, template],
      ...[shown === undefined ? null : at, isComplete && reads.some((read) => 'answer' in read)],
      ...[versions === undefined ? null : nextLiveRead(live, shown), isComplete, isObserved],
      // WeChat completes a gray release by itself after a week.
      before !== undefined && live?.version !== before.version,
    ],
  });
  await wakeForRead(client, appid);
  const of = { appid, at, writer };
  const event = changed.length > 0 ? [readinessChanged(of, row.readiness, items)] : [];
  // The first read of a mini-program finds what was released before.
  const isNews = live !== undefined && live !== before && row.versionsAt !== null;
  const news = { template, rolloutId: null, isFirst: before === undefined };
  const release = isNews ? [released(of, { ...live, ...news })] : [];
  await writeOutbox(client, writer, [...event, ...release]);
}

const WAKE = `
insert into rollout_wakeups (rollout_id, appid)
select rollout_id, appid from rollout_targets where appid = $1 and waits_for in ('READINESS', 'READ', 'INTERFACE')`;

/** A read of a mini-program was stored: wakes the targets that wait for what it shows. */
async function wakeForRead(client: ClientBase, appid: string): Promise<void> {
  await client.query({ name: 'wake-for-read', text: WAKE, values: [appid] });
}

async function templateOfLive(client: ClientBase, row: Row, live: Live | undefined): Promise<string | null> {
  if (live === undefined) return null;
  if (live.version === row.liveVersion && row.liveTemplate !== null) return row.liveTemplate;
  const { rows } = await client.query<{ template: string | null }>({
    name: 'template-of-version',
    text: `select ${templateOf('$1', '$2')} as template`,
    values: [row.appid, live.version],
  });
  return rows[0]?.template ?? null;
}
