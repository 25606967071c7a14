import { type Recording, recordedTransaction, ServerReader } from '@wxa/postgres';
import type { ClientBase, Pool } from 'pg';
import { raiseAssumedIds } from './raise-rollout-ids.js';
import type { RestoreSession } from './restore-session.js';
import { type Stopped, type Stopping, stopChanges } from './stop-changes.js';

// Messages from before are no evidence any more: a conflict leaves one whose operation is not in Postgres.
const VERIFY = `
update history_state set identity = $1, verified_at = now(), behind = false, evidence = null, accepted_at = now()`;

async function verify(client: ClientBase, identity: string): Promise<void> {
  await client.query(VERIFY, [identity]);
}

/** How a restore ends. */
export interface RestoreEnd {
  /** For the trail. */
  detail: Record<string, unknown>;
  /** No operation is missing. */
  isComplete: boolean;
  stop: Omit<Stopping, 'by'>;
}

/**
 * Ends a restore: stops all changes, records it and, unless operations are missing, declares the history of the server verified.
 */
export async function finishRestore(
  session: RestoreSession,
  recording: Recording,
  { detail, isComplete, stop }: RestoreEnd,
): Promise<Stopped> {
  return session.end(recording, async (client, record) => {
    const stopped = await stopChanges(client, record, { ...stop, by: recording.by });
    if (isComplete) await verify(client, session.server);
    await record({ action: 'restore.run', detail: { ...detail, rollouts_paused: stopped.rollouts.length } });
    return stopped;
  });
}

/** Declares the present state of Postgres valid, whatever was published before, and stops all changes. */
export async function acceptHistory(
  pool: Pool,
  recording: Recording,
  { reason, apis }: Omit<Stopping, 'by'>,
): Promise<Stopped> {
  const { identity } = await new ServerReader().read(pool);
  return recordedTransaction(pool, recording, async (client, record) => {
    await raiseAssumedIds(client);
    const why = `the state of Postgres was accepted: ${reason}`;
    const stopped = await stopChanges(client, record, { apis, by: recording.by, reason: why });
    await verify(client, identity);
    await record({ action: 'history.accepted', detail: { reason, identity } });
    return stopped;
  });
}

// Retention may have deleted a finished operation, and a tool those of an exempt mini-program.
const UNEXPLAINED = `
select i.id from unnest($1::uuid[], $2::text[], $3::boolean[], $4::timestamptz[]) as i(id, appid, is_change, ended_at)
cross join history_state h
where i.ended_at > coalesce(case when i.is_change then h.changes_deleted_until else h.queries_deleted_until end, '-infinity')
  and not exists (select from history_exempt e where e.appid = i.appid)
  and not exists (
    select from restore_events c where c.operation_id = i.id and c.type = 'wxa.code.v1.CodeCommand')`;

/** Those of the published ends whose operation should be in Postgres and is not on the commands topic either. */
export async function unexplainedMissing(
  client: ClientBase,
  ends: { id: string; appid: string; isChange: boolean; endedAt: Date }[],
): Promise<string[]> {
  if (ends.length === 0) return [];
  const { rows } = await client.query<{ id: string }>(UNEXPLAINED, [
    ends.map(({ id }) => id),
    ends.map(({ appid }) => appid),
    ends.map(({ isChange }) => isChange),
    ends.map(({ endedAt }) => endedAt),
  ]);
  return rows.map(({ id }) => id);
}
