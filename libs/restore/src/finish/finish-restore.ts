import { ServerReader } from '@wxa/postgres';
import { type Recording, recordedTransaction } from '@wxa/postgres/trail';
import type { ClientBase, Pool } from 'pg';
import { matchCallbacks } from '../merge/audits.js';
import type { RestoreTools, Stopped } from '../session/report.js';
import { raiseAssumedIds } from './raise-rollout-ids.js';
import { type Stopping, stopChanges } from './stop-changes.js';

// Messages from before are no evidence any more: a conflict leaves one whose operation is not in Postgres.
const VERIFY = `
update history_state set identity = $1, verified_at = now(), behind = false, evidence = null, accepted_at = now()`;

// WeChat has ended those that were renewed in the lost time. Workers obtain new ones with what is kept.
const END_TOKENS = ['authorizers', 'components'].map(
  (table) => `update ${table} set access_token = null where access_token is not null`,
);

async function verify(client: ClientBase, identity: string): Promise<void> {
  for (const statement of END_TOKENS) await client.query(statement);
  await client.query(VERIFY, [identity]);
}

/**
 * Ends a restore: stops all changes, records it and, unless operations are missing, declares the history of the server verified.
 * @param apis those of all changes.
 */
export async function finishRestore(
  tools: RestoreTools,
  recording: Recording,
  apis: string[],
): Promise<void> {
  const { session, report, since } = tools;
  const { counts, left, missing } = report;
  report.stopped = await session.end(recording, async (client, record) => {
    const reason = `Postgres was restored to ${since.toISOString()}`;
    const stopped = await stopChanges(client, record, { apis, reason, by: recording.by });
    if (missing.length === 0) await verify(client, session.server);
    const detail = { since, counts, left: left.length, missing: missing.length };
    await record({ action: 'restore.run', detail: { ...detail, rollouts_paused: stopped.rollouts.length } });
    return stopped;
  });
  if (missing.length === 0) await matchCallbacks(tools);
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
