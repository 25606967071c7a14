import type { ClientBase, Pool } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { transaction } from './statements.js';

/** What is recorded in the audit trail, besides the acceptance of operations (`operations.accepted_by`). */
export type TrailAction =
  | 'operation.cancelled'
  | 'operation.resolved'
  | 'authorizer.imported'
  | 'authorizer.removed'
  | 'authorizer.labelled'
  | 'policy.loaded'
  | 'forwards.loaded'
  | 'calls.denied'
  | 'api.stopped'
  | 'api.resumed'
  | 'rate.changed'
  | 'events.released'
  | 'authorizers.rechecked'
  | 'authorizers.registered'
  | 'authorizers.synced'
  | 'authorizers.exported'
  | 'authorizers.tokens_forgotten'
  | 'token.read'
  | 'token.renewed'
  | 'secrets.rotated'
  | 'dead_letters.replayed'
  | 'restore.run'
  | 'history.accepted'
  | 'republish.run'
  | 'settings.layer_changed'
  | 'settings.layer_deleted'
  | 'rollout.created'
  | 'rollout.updated'
  | 'rollout.targets_added'
  | 'rollout.started'
  | 'rollout.paused'
  | 'rollout.resumed'
  | 'rollout.advanced'
  | 'rollout.cancelled'
  | 'rollout.closed'
  | 'rollout.retried'
  | 'rollout.targets_skipped'
  | 'rollout.rolled_back';

/** Who acts. */
export interface Actor {
  /** The caller's name in the policy, or `cli:<user>@<host>`; null without a policy. */
  caller: string | null;
  /** The person for whom the caller acts, as the caller states it. It grants nothing. */
  onBehalfOf: string | null;
  /** The network address; null for a command. */
  peer: string | null;
}

/** One row of the audit trail. */
export interface TrailEntry extends Actor {
  action: TrailAction;
  appid: string | null;
  operationId: string | null;
  /** Contains no secret. */
  detail: Record<string, unknown>;
}

const INSERT = `
insert into trail (id, caller, on_behalf_of, peer, action, appid, operation_id, detail)
values ($1, $2, $3, $4, $5, $6, $7, $8::json)`;

/** An actor about whom nothing is known. */
export const NOBODY: Actor = { caller: null, onBehalfOf: null, peer: null };

/** Called with each row once it is committed, to log it. */
export type OnRecorded = (entry: TrailEntry) => void;

/** Who runs a command, and how it logs what it records. */
export interface Recording {
  by: Actor;
  onRecorded: OnRecorded;
}

/** Writes a row of the trail in the current transaction. */
export type RecordEntry = (entry: Pick<TrailEntry, 'action'> & Partial<TrailEntry>) => Promise<void>;

/** Runs a change in a transaction, with the rows of the trail that it records. */
export async function recordedTransaction<T>(
  pool: Pool,
  { by, onRecorded }: Pick<Recording, 'by'> & Partial<Recording>,
  work: (client: ClientBase, record: RecordEntry) => Promise<T>,
): Promise<T> {
  const entries: TrailEntry[] = [];
  const result = await transaction(pool, (client) =>
    work(client, async (given) => {
      const entry = { ...by, appid: null, operationId: null, detail: {}, ...given };
      await write(client, entry);
      entries.push(entry);
    }),
  );
  for (const entry of entries) onRecorded?.(entry);
  return result;
}

async function write(client: ClientBase, entry: TrailEntry): Promise<void> {
  const { caller, onBehalfOf, peer, action, appid, operationId, detail } = entry;
  const values = [uuidv7(), caller, onBehalfOf, peer, action, appid, operationId, JSON.stringify(detail)];
  await client.query({ name: 'write-trail', text: INSERT, values });
}
