import { type Actor, storable } from '@wxa/postgres';
import type { ClientBase } from 'pg';

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
  /** Of a batch command: `filter` (proto3 JSON of RolloutTargetFilter) and `fromStep` (number of RolloutStep); of CLOSED `cause`. */
  args?: Record<string, unknown>;
  /** A command that turns process in batches; its progress is in `cursor`, `moved` and `total`. */
  isCommand?: boolean;
  /** No turn will publish it, because the rollout never started. */
  isPublished?: boolean;
}

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
      entries.map((e) => (e.args === undefined ? null : JSON.stringify(e.args))),
      entries.map((e) => e.isCommand !== true),
      entries.map((e) => e.isPublished === true),
    ],
  });
}
