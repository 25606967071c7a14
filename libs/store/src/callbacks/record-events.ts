import type { CloudEvent } from '@wxa/contracts';
import { readPartOf } from '@wxa/fleet';
import { NotedKeys, transaction } from '@wxa/postgres';
import { EVENT, writeOutbox } from '@wxa/postgres/outbox';
import type { ClientBase, Pool } from 'pg';

/** A callback that is published as an event. */
export interface ReceivedCallback {
  /** The same for every delivery of one callback. */
  key: string;
  /** The mini-program of its URL. */
  appid: string;
  /** Its `msg_signature`; null if it was not signed. */
  signature: string | null;
  event: CloudEvent;
  /** What it makes due: parts of the inventory of its mini-program. */
  parts?: readonly string[];
}

/** `replayed`: its signature was used at the URL of another mini-program; it is rejected. */
export type EventOutcome = 'stored' | 'duplicate' | 'replayed';

const KEPT = '15 minutes';
const keys = new NotedKeys('callback_keys', 'key', KEPT);
const keyOfSignature = (signature: string) => `signature.${signature}`;

// As for callbacks about audits: a process that stalls within a transaction fails only the callbacks that it holds.
const WAIT_AT_MOST = "set local lock_timeout = '2s'";

/**
 * Records callbacks and writes their events. Nearly all are new or known: those take one transaction together. The others are judged
 * afterwards, in a transaction of their own.
 */
export async function recordCallbacks(pool: Pool, callbacks: ReceivedCallback[]): Promise<EventOutcome[]> {
  const outcomes = await recordPlain(pool, callbacks);
  const others = callbacks.filter((_, i) => outcomes[i] === undefined);
  const judged = await judge(pool, others);
  return outcomes.map((outcome) => outcome ?? judged.next().value ?? 'duplicate');
}

async function judge(pool: Pool, others: ReceivedCallback[]): Promise<IterableIterator<EventOutcome>> {
  if (others.length === 0) return [].values();
  const outcomes = await transaction(pool, async (client) => {
    await client.query(WAIT_AT_MOST);
    return recordCallbacksIn(client, others);
  });
  return outcomes.values();
}

// As NotedKeys and writeOutbox do it one after the other, for those that turn out to be new in both respects, and for those that were
// recorded before this statement began. All signatures are inserted before the keys, each in their order, so that two gateways do not
// wait for each other. The subqueries of `known` are for what was not recorded only: few are redeliveries.
const RECORD_PLAIN = `
with given as materialized (
  select * from unnest($1::text[], $2::text[], $3::text[]) with ordinality as g(key, appid, signature_key, ord)
), old as (
  delete from callback_keys where key in (
    select key from callback_keys where received_at < now() - interval '${KEPT}'
    order by received_at limit 4 * cardinality($1::text[]) for update skip locked)
), signed as (
  insert into callback_keys (key, appid)
  select signature_key, appid from given where signature_key is not null order by signature_key, ord
  on conflict (key) do nothing returning key, appid
), wanted as materialized (
  select distinct on (key) key, appid, ord from given
  where signature_key is null or (signature_key, appid) in (select key, appid from signed)
  order by key, ord
), noted as (
  insert into callback_keys (key, appid) select key, appid from wanted order by key
  on conflict (key) do nothing returning key
), recorded as materialized (
  select ord from wanted join noted using (key)
), written as (
  insert into outbox (writer, ${EVENT.names})
  select 'gateway-events', ${EVENT.from('e')} from ${EVENT.rows('e', 4)} join recorded using (ord) order by e.ord
)
select g.ord::int, r.ord is not null as "isNew"
from given g left join recorded r using (ord)
where r.ord is not null or (${known('g.key')} and (
  g.signature_key is null or (g.signature_key, g.appid) in (select key, appid from signed)
  or ${known('g.signature_key')}))`;

/** Whether a key was recorded before, at the same URL. */
function known(key: string): string {
  return `coalesce((select k.appid = g.appid and k.received_at >= now() - interval '${KEPT}'
    from callback_keys k where k.key = ${key}), false)`;
}

/** Records the new ones, with what they make due, and returns their outcome, and that of duplicates. */
function recordPlain(pool: Pool, callbacks: ReceivedCallback[]): Promise<(EventOutcome | undefined)[]> {
  const values = [
    callbacks.map(({ key }) => key),
    callbacks.map(({ appid }) => appid),
    callbacks.map(({ signature }) => (signature === null ? null : keyOfSignature(signature))),
    ...EVENT.values(callbacks.map(({ event }) => event)),
  ];
  return transaction(pool, async (client) => {
    const [, { rows }] = await Promise.all([
      client.query(WAIT_AT_MOST),
      client.query<{ ord: number; isNew: boolean }>({ name: 'record-callbacks', text: RECORD_PLAIN, values }),
    ]);
    const outcomes: (EventOutcome | undefined)[] = callbacks.map(() => undefined);
    for (const { ord, isNew } of rows) outcomes[ord - 1] = isNew ? 'stored' : 'duplicate';
    await readParts(
      client,
      callbacks.filter((_, i) => outcomes[i] === 'stored'),
    );
    return outcomes;
  });
}

/** The same in the current transaction. */
export async function recordCallbacksIn(
  client: ClientBase,
  callbacks: ReceivedCallback[],
): Promise<EventOutcome[]> {
  const signed = callbacks.flatMap(({ signature, appid }) =>
    signature === null ? [] : { key: keyOfSignature(signature), appid },
  );
  const signatures = (await keys.note(client, signed)).values();
  const isReplayed = callbacks.map(
    ({ signature }) => signature !== null && signatures.next().value === 'replayed',
  );
  const genuine = callbacks.filter((_, i) => !isReplayed[i]);
  const identities = (await keys.note(client, genuine)).values();
  const outcomes = callbacks.map((_, i): EventOutcome => {
    if (isReplayed[i]) return 'replayed';
    return identities.next().value === 'new' ? 'stored' : 'duplicate';
  });
  await publish(
    client,
    callbacks.filter((_, i) => outcomes[i] === 'stored'),
  );
  return outcomes;
}

async function publish(client: ClientBase, stored: ReceivedCallback[]): Promise<void> {
  await readParts(client, stored);
  await writeOutbox(
    client,
    'gateway-events',
    stored.map(({ event }) => event),
  );
}

/** In the order of the mini-programs, so that two gateways do not wait for each other. */
async function readParts(client: ClientBase, stored: ReceivedCallback[]): Promise<void> {
  for (const { appid, parts = [] } of stored.toSorted((a, b) => (a.appid < b.appid ? -1 : 1)))
    for (const part of parts) await readPartOf(client, appid, part);
}

const WAITING = `
select case when span < $1 then span else
  (select count(*) from (select from outbox where writer = 'gateway-events' limit $1) counted) end as waiting
from (select coalesce(max(id) - min(id) + 1, 0) as span from outbox where writer = 'gateway-events') ids`;

/** At least as many events as wait to be published, and `limit` if and only if that many or more do. */
export async function countWaiting(pool: Pool, limit: number): Promise<number> {
  const { rows } = await pool.query<{ waiting: string }>({
    name: 'count-waiting-events',
    text: WAITING,
    values: [limit],
  });
  return Number(rows[0]?.waiting);
}
