import type { ClientBase, Pool } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { transaction } from '../statements.js';

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

/** Records that messages of the dead-letter topic are about to be published again. @param positions as partition:offset. */
export function recordReplay(pool: Pool, recording: Recording, positions: string[]): Promise<void> {
  return recordedTransaction(pool, recording, (_, record) =>
    record({ action: 'dead_letters.replayed', detail: { positions } }),
  );
}

/** A policy that a gateway has loaded. */
export interface LoadedPolicy {
  sha256: string;
  /** The hash of the policy that it replaced; null for the first one of a process. */
  before: string | null;
  /** Of the gateway, as `host:pid`. */
  instance: string;
  /** The texts of its files by their names, as a JSON object. They contain no secret: of API keys they have hashes. */
  files: string;
}

// With the time of the last row that names it, so that a text is kept as long as its rows.
const STORE_POLICY = `insert into policies (sha256, files) values ($1, $2::json)
  on conflict (sha256) do update set loaded_at = excluded.loaded_at`;

/** Records that a policy came into force in a gateway, and stores its texts. */
export function recordPolicy(
  pool: Pool,
  { onRecorded }: { onRecorded?: OnRecorded },
  { files, ...loaded }: LoadedPolicy,
): Promise<void> {
  const by = { by: NOBODY, ...(onRecorded && { onRecorded }) };
  return recordedTransaction(pool, by, async (client, record) => {
    await client.query(STORE_POLICY, [loaded.sha256, files]);
    await record({ action: 'policy.loaded', detail: { ...loaded } });
  });
}

/** A forward file that a gateway has loaded. */
export interface LoadedForwards extends Omit<LoadedPolicy, 'files'> {
  /** The names of its rules. Their URLs may contain secrets. */
  forwards: string[];
}

/** Records that a forward file came into force in a gateway. */
export function recordForwards(
  pool: Pool,
  { onRecorded }: { onRecorded?: OnRecorded },
  loaded: LoadedForwards,
): Promise<void> {
  const by = { by: NOBODY, ...(onRecorded && { onRecorded }) };
  return recordedTransaction(pool, by, (_, record) =>
    record({ action: 'forwards.loaded', detail: { ...loaded } }),
  );
}

/** Calls of one caller that a gateway denied. */
export interface DeniedCount {
  caller: string;
  /** Of the last call. */
  peer: string;
  calls: number;
  codes: Record<string, number>;
  methods: Record<string, number>;
  /** When the first one was denied; all were before the time of the row. */
  since: Date;
}

/** Records denied calls, one row per caller. */
export function recordDenied(
  pool: Pool,
  { onRecorded }: { onRecorded?: OnRecorded },
  counts: readonly DeniedCount[],
): Promise<void> {
  const by = { by: NOBODY, ...(onRecorded && { onRecorded }) };
  return recordedTransaction(pool, by, async (_, record) => {
    for (const { caller, peer, ...detail } of counts)
      await record({ action: 'calls.denied', caller, peer, detail });
  });
}
