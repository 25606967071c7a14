import { type ServerReader, type StoredHistory, transaction, UnverifiedServerError } from '@wxa/postgres';
import type { ClientBase, Pool } from 'pg';
import { acceptedAtMs } from '../accept.js';
import type { ClaimedOperation, ClaimOf } from '../claim.js';
import {
  type Evidence,
  findContradicted,
  MAX_EXAMPLES,
  type OperationRetention,
  type PublishedOutcome,
} from './evidence.js';

/** The result of a history check. */
export interface Verdict {
  /** As it is stored now. */
  stored: StoredHistory;
  /** All that this check found. */
  evidence: Evidence[];
}

// A server that is behind stays so until `wxa restore`: queries publish more outcomes, and the evidence moves out of reach.
const WRITE = `
update history_state set identity = $1, behind = behind or $2,
  evidence = case when behind then evidence else $3::json end,
  verified_at = case when behind or $2 then verified_at else now() end
returning identity, behind, evidence`;

const CONFIRM = `
update history_state set verified_at = now()
where identity = $1 and not behind and verified_at < now() - interval '10 seconds'`;

// Version 0.2.0 does not record what its retention deletes.
const EXCUSE = `
update history_state set
  queries_deleted_until = greatest(queries_deleted_until, now() - $1::float8 * interval '1 millisecond'),
  changes_deleted_until = greatest(changes_deleted_until, now() - $2::float8 * interval '1 millisecond')`;

/** Operations older than their retention may be missing. */
async function excuseDeleted(
  client: ClientBase,
  { queriesMs, changesMs }: OperationRetention,
): Promise<void> {
  await client.query(EXCUSE, [queriesMs, changesMs]);
}

/** Outcomes that were read from Kafka to verify a server. */
export interface HistoryComparison {
  published: readonly PublishedOutcome[];
  /** The identity of the server that had answered before they were read. */
  server: string;
  retention: OperationRetention;
}

/**
 * Compares published outcomes with the server behind one connection, and writes the verdict on it. Rejects with
 * UnverifiedServerError if that is another server by now: outcomes that the one before published since are not among them.
 */
export function checkHistory(
  pool: Pool,
  reader: ServerReader,
  { published, server, retention }: HistoryComparison,
): Promise<Verdict> {
  return transaction(pool, async (client) => {
    const identity = await reader.identityOf(client);
    if (identity !== server) throw new UnverifiedServerError();
    await excuseDeleted(client, retention);
    const evidence = await findContradicted(client, published);
    const examples = evidence.length > 0 ? JSON.stringify(evidence.slice(0, MAX_EXAMPLES)) : null;
    const { rows } = await client.query<StoredHistory>(WRITE, [identity, evidence.length > 0, examples]);
    const [stored] = rows;
    if (stored === undefined) throw new Error('history_state has no row');
    return { stored, evidence };
  });
}

/** Stores that the server is still the verified one, unless that was stored less than 10 s ago. */
export function confirmVerified(
  pool: Pool,
  reader: ServerReader,
  retention: OperationRetention,
): Promise<void> {
  return transaction(pool, async (client) => {
    const identity = await reader.identityOf(client);
    const { rowCount } = await client.query(CONFIRM, [identity]);
    if (rowCount === 1) await excuseDeleted(client, retention);
  });
}

/** When Postgres was known to be verified for the last time; null: never. What it has lost was committed later. */
export async function verifiedAt(pool: Pool): Promise<Date | null> {
  const { rows } = await pool.query<{ verifiedAt: Date | null }>(
    'select verified_at as "verifiedAt" from history_state',
  );
  return rows[0]?.verifiedAt ?? null;
}

/**
 * A claim of this process; `startedAt`: before it was claimed, so that the operation cannot have ended earlier. `checks`: how
 * often it was taken for reconciliation under that claim.
 */
export type HeldClaim = ClaimOf &
  Pick<ClaimedOperation, 'appid' | 'isChange' | 'startedAt'> & { checks?: number };

/** The operation of a command of this process. */
export type CommandedOperation = Pick<ClaimedOperation, 'id' | 'appid' | 'isChange'>;

// The number of reconciliations only grows under one claim. A missing operation may have ended, under a later claim too, and
// been deleted by retention since. The hour allows for clocks: it was accepted by that of a gateway.
const REPORT = `
update history_state h set behind = true, evidence = case when h.behind then h.evidence else json_build_array(json_build_object(
  'kind', held.kind, 'operationId', held.id, 'appid', held.appid, 'known', held.known,
  'stored', coalesce(o.state || ', claim ' || o.fence, 'missing'))) end
from (select $1::text, $2::uuid, $3::text, $4::boolean, $5::timestamptz, $6::text, $7::int, $8::int)
    as held(kind, id, appid, is_change, at, known, fence, asks)
  left join operations o on o.id = held.id
where case when o.id is not null then (o.fence, o.asks) < (held.fence, held.asks)
  else not exists (select from history_exempt e where e.appid = held.appid)
    and held.at > coalesce(h.accepted_at, '-infinity')
    and held.at - case when held.kind = 'E4' then interval '1 hour' else interval '0' end > coalesce(
      case when held.is_change then h.changes_deleted_until else h.queries_deleted_until end, '-infinity') end
returning h.evidence`;

async function report(
  pool: Pool,
  kind: Evidence['kind'],
  { id, appid, isChange }: CommandedOperation,
  held: { at: Date | null; known: string; fence: number | null; checks: number },
): Promise<Evidence[] | undefined> {
  const values = [kind, id, appid, isChange, held.at, held.known, held.fence, held.checks];
  const { rows } = await pool.query<{ evidence: Evidence[] }>(REPORT, values);
  return rows[0]?.evidence;
}

/** Writes that Postgres is behind if it does not have the claim of this process. Returns the stored evidence in that case. */
export function reportLostClaim(pool: Pool, claim: HeldClaim): Promise<Evidence[] | undefined> {
  const { startedAt: at, fence, checks = 0 } = claim;
  return report(pool, 'E3', claim, { at, known: `claim ${fence}`, fence, checks });
}

/** The same if it does not have the operation of a command. */
export function reportLostOperation(
  pool: Pool,
  operation: CommandedOperation,
): Promise<Evidence[] | undefined> {
  const at = new Date(acceptedAtMs(operation.id));
  return report(pool, 'E4', operation, { at, known: `accepted ${at.toISOString()}`, fence: null, checks: 0 });
}
