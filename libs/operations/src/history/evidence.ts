import type { ClientBase } from 'pg';

/** An outcome that was published: Postgres had committed its operation's state. */
export interface PublishedOutcome {
  /** `ce_id` of its message. */
  eventId: string;
  operationId: string;
  appid: string;
  isChange: boolean;
  /** The claim of an OperationInDoubt; null for an OperationCompleted. */
  claim: number | null;
  /** When the operation ended, or was published to be in doubt. */
  at: Date;
}

/**
 * A fact that Postgres contradicts, so it has lost time.
 * - `E1`: an operation was published as completed, and is not final or missing.
 * - `E2`: an operation was published as in doubt under a claim that Postgres does not have.
 * - `E3`: a worker holds a claim that Postgres does not have.
 * - `E4`: the command of an operation was published, and the operation is missing.
 */
export interface Evidence {
  kind: 'E1' | 'E2' | 'E3' | 'E4';
  operationId: string;
  appid: string;
  /** What is known besides Postgres: the id of the message, the worker's claim, or when the operation was accepted. */
  known: string;
  /** What Postgres has. */
  stored: string;
}

/** Examples that are stored and logged. */
export const MAX_EXAMPLES = 3;

/** How long operations are stored after their end, in milliseconds. */
export interface OperationRetention {
  queriesMs: number;
  changesMs: number;
}

// Retention deletes an operation some time after it has ended. The hour allows for clocks: an operation ends after it was published to
// be in doubt, but by the clock of another process.
const FIND = `
select case when p.claim is null then 'E1' else 'E2' end as kind, p.operation_id as "operationId", p.appid,
  p.event_id as known, coalesce(o.state || ', claim ' || o.fence, 'missing') as stored
from unnest($1::text[], $2::uuid[], $3::text[], $4::boolean[], $5::int[], $6::timestamptz[])
    with ordinality as p(event_id, operation_id, appid, is_change, claim, at, ord)
  cross join history_state h left join operations o on o.id = p.operation_id
where p.at > coalesce(h.accepted_at, '-infinity') and case
  when o.id is null then not exists (select from history_exempt e where e.appid = p.appid)
    and p.at - case when p.claim is null then interval '0' else interval '1 hour' end > coalesce(
      case when p.is_change then h.changes_deleted_until else h.queries_deleted_until end, '-infinity')
  when p.claim is null then o.ended_at is null
  else o.fence < p.claim end
order by p.ord`;

/** Those of the published outcomes that Postgres contradicts. */
export async function findContradicted(
  client: ClientBase,
  published: readonly PublishedOutcome[],
): Promise<Evidence[]> {
  const { rows } = await client.query<Evidence>(FIND, [
    published.map(({ eventId }) => eventId),
    published.map(({ operationId }) => operationId),
    published.map(({ appid }) => appid),
    published.map(({ isChange }) => isChange),
    published.map(({ claim }) => claim),
    published.map(({ at }) => at),
  ]);
  return rows;
}
