import { NOBODY } from '@wxa/postgres/trail';
import type { ClientBase } from 'pg';
import type { StoredRollout } from '../../core/rollout.js';
import { writeJournal } from '../../rows/journal.js';
import { LIVE_STATES } from '../../rows/stored-rollout.js';

// Skipped if a turn or a call holds it: two turns that waited for each other's rollout would block each other.
const LOCK = `select id, open, state, last_seq as "lastSeq" from rollouts where id = $1 for update skip locked`;

const CLOSE = `update rollouts set open = false, last_seq = last_seq + 1, version = version + 1,
  updated_at = clock_timestamp(), next_turn_at = clock_timestamp() where id = $1`;

/**
 * Of the candidates, those that match and are no targets yet: the others stay. What has authorized again may have been taken in long
 * before the new rollout was created; if it has authorized since then, the new one's own look finds it.
 */
const MOVE = `update rollout_candidates c set rollout_id = r.id from rollouts r join authorizers a on a.labels @> r.intake_labels
  where r.id = $2 and c.rollout_id = $1 and a.appid = c.appid
    and not exists (select from rollout_targets t where t.appid = c.appid and t.rollout_id = $1)`;

/**
 * Closes the rollout that another one takes over from; its own turns hand over the targets that are not submitted. Returns
 * false if it is in use: then it is tried again.
 */
export async function closeReplaced(client: ClientBase, id: string, by: string): Promise<boolean> {
  const { rows } = await client.query<Pick<StoredRollout, 'id' | 'open' | 'state' | 'lastSeq'>>({
    ...{ name: 'lock-replaced-rollout', text: LOCK, values: [id] },
  });
  const [replaced] = rows;
  if (replaced === undefined) return !(await exists(client, id));
  if (!replaced.open || !LIVE_STATES.includes(replaced.state)) return true;
  const args = { cause: 'REPLACED', replacedBy: by };
  await writeJournal(client, replaced, NOBODY, [{ type: 'CLOSED', isCommand: true, args }]);
  await client.query({ name: 'close-replaced-rollout', text: CLOSE, values: [id] });
  await client.query({ name: 'move-candidates', text: MOVE, values: [id, by] });
  return true;
}

async function exists(client: ClientBase, id: string): Promise<boolean> {
  const { rowCount } = await client.query({
    ...{ name: 'exists-rollout', text: 'select from rollouts where id = $1', values: [id] },
  });
  return rowCount === 1;
}
