import type { ChangedAuthorizer } from '@wxa/contracts';
import { writeOutbox } from '@wxa/postgres/outbox';
import { type Actor, NOBODY, type RecordEntry, recordedTransaction } from '@wxa/postgres/trail';
import type { ClientBase, Pool } from 'pg';
import { takeIn } from './newcomers.js';
import type { DirectoryContext } from './sealed-columns.js';

const LOCK = `select appid, state, permission_sets as "permissionSets" from authorizers
  where appid = any($1) order by appid for update`;

const READ = `select wanted.appid, a.state, a.permission_sets as "permissionSets", clock_timestamp() as at
  from unnest($1::text[]) wanted(appid)
    left join (select * from authorizers where appid = any($1)) a on a.appid = wanted.appid`;

interface Changing<T> {
  appids: string[];
  pool?: Pool;
  by?: Actor;
  /** By the result: whether they have authorized again, maybe with the same permission sets. */
  isNew?: (result: T) => boolean;
}

/**
 * Runs statements that change these mini-programs, and publishes in the same transaction those whose state or permission sets
 * they changed; their readiness is to be read, their open audits are polled again, and newcomers are taken in by rollouts.
 */
export function changing<T>(
  { calls, onRecorded, writer, toEvent }: DirectoryContext,
  { appids, pool = calls, by = NOBODY, isNew = () => false }: Changing<T>,
  work: (client: ClientBase, record: RecordEntry) => Promise<T>,
): Promise<T> {
  return recordedTransaction(pool, { by, onRecorded }, async (client, record) => {
    const read = async (name: string, text: string) =>
      (await client.query<ChangedAuthorizer>({ name, text, values: [appids] })).rows;
    const locked = await read('lock-authorizers', LOCK);
    const before = new Map(locked.map((row) => [row.appid, contentOf(row)]));
    const result = await work(client, record);
    const after = await read('read-changed-authorizers', READ);
    const changed = after.filter((row) => contentOf(row) !== (before.get(row.appid) ?? UNKNOWN));
    await writeOutbox(
      client,
      writer,
      changed.map((row) => toEvent(row, writer)),
    );
    const ids = changed.map(({ appid }) => appid);
    if (ids.length > 0) await readAllOf(client, ids);
    const newcomers = isNew(result) ? appids : ids;
    if (newcomers.length === 0) return result;
    await client.query({ name: 'poll-audits-again', text: POLL_AGAIN, values: [newcomers] });
    await takeIn(client, newcomers, 'authorization');
    return result;
  });
}

// Too many polls failed while it was not authorized, or lacked a permission set.
const POLL_AGAIN = `
update audits u set poll_failures = 0, next_poll_at = clock_timestamp()
from authorizers a where u.appid = any($1) and u.state = 'OPEN' and u.next_poll_at = 'infinity'
  and a.appid = u.appid and a.appid = any($1) and a.state = 'AUTHORIZED'`;

// A read is due, whatever has happened.
const MARK = `
insert into mini_programs as m (appid, due_at, due_parts, versions_due_at)
select appid, clock_timestamp(), '{}', clock_timestamp() + interval '1 day' from authorizers where appid = any($1)
on conflict (appid) do update set due_at = excluded.due_at, due_parts = '{}', updated_at = clock_timestamp()`;

/** All parts of these mini-programs are to be read into the inventory, for the rows that exist or are made here. */
async function readAllOf(client: ClientBase, appids: readonly string[]): Promise<void> {
  await client.query({ name: 'read-all-of', text: MARK, values: [appids] });
}

/** Permission sets that are not known yet are published as none. */
function contentOf({ state, permissionSets }: Pick<ChangedAuthorizer, 'state' | 'permissionSets'>): string {
  return JSON.stringify([state, (permissionSets ?? []).toSorted((a, b) => a - b)]);
}

const UNKNOWN = contentOf({ state: null, permissionSets: null });
