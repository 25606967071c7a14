import { type RolloutChange, RolloutChangeType, RolloutCloseCause, RolloutGateType } from '@wxa/contracts';
import { storable, storableJson, unlessAborted, withoutNul } from '@wxa/postgres';
import type { Actor } from '@wxa/postgres/trail';
import type { ClientBase, Pool } from 'pg';
import type { CloseCause } from '../core/continuous.js';
import { toExplanation } from '../core/messages/to-rollout.js';
import type { TurnCommand } from './take-turn.js';

/** The kind of a journal entry, as in RolloutChangeType without its prefix. */
export type RolloutChangeTypeName =
  | 'CREATED'
  | 'UPDATED'
  | 'STARTED'
  | 'GATE_REACHED'
  | 'GATE_OPENED'
  | 'HELD'
  | 'HOLD_CLEARED'
  | 'PAUSED'
  | 'RESUMED'
  | 'RETRIED'
  | 'SKIPPED'
  | 'CANCEL_REQUESTED'
  | 'CANCELLED'
  | 'ROLLED_BACK'
  | 'WAVE_COMPLETED'
  | 'CLOSED'
  | 'COMPLETED';

/** A new entry of the journal. */
export interface JournalEntry {
  type: RolloutChangeTypeName;
  reason?: string;
  wave?: number;
  gate?: 'SUBMIT' | 'RELEASE';
  /**
   * Of a batch command: `filter` (proto3 JSON of RolloutTargetFilter) and `fromStep` (number of RolloutStep); of CLOSED `cause`; of a
   * pause that nobody requested `cause` and `explanation`; of HELD and HOLD_CLEARED `hold`.
   */
  args?: Record<string, unknown>;
  /** A command that turns process in batches; its progress is in `cursor`, `moved` and `total`. */
  isCommand?: boolean;
  /** No turn will publish it, because the rollout never started. */
  isPublished?: boolean;
}

/** The journal entry of a close. */
export const closedFor = (cause: Exclude<CloseCause, 'REPLACED'>) =>
  ({ type: 'CLOSED', args: { cause } }) as const satisfies JournalEntry;

const INSERT = `
insert into rollout_changes
  (rollout_id, seq, type, at, caller, on_behalf_of, reason, wave, gate, args, cursor, done, published)
select $1, $2::bigint + ord, type, clock_timestamp(), $3, $4, reason, wave, gate, args::json,
  case when not done then 0 end, done, published
from unnest($5::text[], $6::text[], $7::smallint[], $8::text[], $9::text[], $10::boolean[], $11::boolean[])
  with ordinality as e(type, reason, wave, gate, args, done, published, ord)`;

/** Writes entries that follow `lastSeq`. The caller holds the lock of the rollout's row and stores the new `last_seq`. */
export async function writeJournal(
  client: ClientBase,
  { id, lastSeq }: { id: string; lastSeq: string },
  by: Pick<Actor, 'caller' | 'onBehalfOf'>,
  entries: readonly JournalEntry[],
): Promise<void> {
  if (entries.length === 0) return;
  await client.query({
    name: 'write-rollout-journal',
    text: INSERT,
    values: [
      ...[id, lastSeq, by.caller ?? '', by.onBehalfOf ?? ''],
      entries.map((e) => e.type),
      entries.map((e) => storable(e.reason ?? '')),
      entries.map((e) => e.wave ?? 0),
      entries.map((e) => e.gate ?? null),
      entries.map((e) => (e.args === undefined ? null : storableJson(e.args))),
      entries.map((e) => e.isCommand !== true),
      entries.map((e) => e.isPublished === true),
    ],
  });
}

/** An entry of the journal of a rollout. */
export interface StoredChange
  extends Omit<RolloutChange, 'seq' | 'type' | 'time' | 'gate' | 'closeCause' | 'explanation'> {
  /** Decimal digits. */
  seq: string;
  type: RolloutChangeTypeName;
  at: Date;
  gate: 'SUBMIT' | 'RELEASE' | null;
  /** Of CLOSED. */
  closeCause: CloseCause | null;
  /** Proto3 JSON. */
  explanation: unknown;
}

/** The message of an entry. */
export function toChange(stored: StoredChange): RolloutChange {
  const { seq, type, at, gate, closeCause, explanation, ...same } = stored;
  return {
    ...same,
    seq: BigInt(seq),
    type: RolloutChangeType[`ROLLOUT_CHANGE_TYPE_${type}`],
    time: at,
    gate: RolloutGateType[`ROLLOUT_GATE_TYPE_${gate ?? 'UNSPECIFIED'}`],
    closeCause: RolloutCloseCause[`ROLLOUT_CLOSE_CAUSE_${closeCause ?? 'UNSPECIFIED'}`],
    explanation: toExplanation(explanation),
  };
}

/** One page of the journal, newest first. Rejects with the signal's reason if it is aborted before the statement begins. */
export async function listChanges(
  pool: Pool,
  { rolloutId, beforeSeq, limit }: { rolloutId: string; beforeSeq?: string; limit: number },
  signal?: AbortSignal,
): Promise<StoredChange[]> {
  const { rows } = await unlessAborted(pool, signal, (client) =>
    client.query<StoredChange>({
      name: 'list-rollout-changes',
      text: `select seq, type, at, caller, on_behalf_of as "onBehalfOf", reason, wave, gate, moved, total,
          case when type = 'CLOSED' then read ->> 'cause' end as "closeCause",
          coalesce(read -> 'explanation', read -> 'hold' -> 'explanation') as explanation
        from rollout_changes cross join lateral (select ${withoutNul('args')} as read) a where rollout_id = $1 and ($2::bigint is null or seq < $2) order by seq desc limit $3`,
      values: [rolloutId, beforeSeq ?? null, limit],
    }),
  );
  return rows;
}

/** An entry of the journal that is not published. */
export interface StoredEntry extends Omit<StoredChange, 'moved' | 'total' | 'closeCause' | 'explanation'> {
  args: unknown;
}

const OPEN = `
select seq, type, at, caller, on_behalf_of as "onBehalfOf", reason, wave, gate, args from rollout_changes
where rollout_id = $1 and not (done and published) and not published order by seq`;

/** The journal entries that no turn has published, by seq. */
export async function openEntries(client: ClientBase, id: string): Promise<StoredEntry[]> {
  return (await client.query<StoredEntry>({ name: 'open-rollout-changes', text: OPEN, values: [id] })).rows;
}

export async function writePublished(client: ClientBase, id: string, seqs: string[]): Promise<void> {
  if (seqs.length === 0) return;
  await client.query({
    name: 'publish-rollout-changes',
    text: 'update rollout_changes set published = true where rollout_id = $1 and seq = any($2::bigint[])',
    values: [id, seqs],
  });
}

/** The progress of a batch command. */
export async function writeCommand(
  client: ClientBase,
  id: string,
  { seq, cursor, moved, total, done }: TurnCommand & { done: boolean },
): Promise<void> {
  await client.query({
    name: 'write-rollout-command',
    text: 'update rollout_changes set cursor = $3, moved = $4, total = $5, done = $6 where rollout_id = $1 and seq = $2',
    values: [id, seq, cursor, moved, total, done],
  });
}
