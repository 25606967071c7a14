import type { ClientBase } from 'pg';
import type { StoredChange } from './read-journal.js';
import type { TurnCommand } from './take-turn.js';

/** An entry of the journal that is not published. */
export interface StoredEntry extends Omit<StoredChange, 'moved' | 'total' | 'closeCause'> {
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
