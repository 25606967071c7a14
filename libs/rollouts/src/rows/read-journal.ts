import { type RolloutChange, RolloutChangeType, RolloutGateType } from '@wxa/contracts';
import { unlessAborted, type Visible, whereVisible } from '@wxa/postgres';
import type { ClientBase, Pool } from 'pg';
import type { FailureGroup } from '../core/stored-rollout.js';
import type { RolloutChangeTypeName } from './journal.js';

/** An entry of the journal of a rollout. */
export interface StoredChange {
  /** Decimal digits. */
  seq: string;
  type: RolloutChangeTypeName;
  at: Date;
  caller: string;
  onBehalfOf: string;
  reason: string;
  wave: number;
  gate: 'SUBMIT' | 'RELEASE' | null;
  moved: number;
  total: number;
}

/** The message of an entry. */
export function toChange({ seq, type, at, gate, ...same }: StoredChange): RolloutChange {
  return {
    ...same,
    seq: BigInt(seq),
    type: RolloutChangeType[`ROLLOUT_CHANGE_TYPE_${type}`],
    time: at,
    gate: RolloutGateType[`ROLLOUT_GATE_TYPE_${gate ?? 'UNSPECIFIED'}`],
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
      text: `select seq, type, at, caller, on_behalf_of as "onBehalfOf", reason, wave, gate, moved, total
        from rollout_changes where rollout_id = $1 and ($2::bigint is null or seq < $2) order by seq desc limit $3`,
      values: [rolloutId, beforeSeq ?? null, limit],
    }),
  );
  return rows;
}

const failures = (visible: string) => `
select state, step, coalesce(reason, '') as reason, coalesce(errcode, 0) as errcode, coalesce(error_title, '') as title,
  count(*)::int as count, any_value(error) as error, (array_agg(appid))[1:5] as "sampleAppids"
from rollout_targets where rollout_id = $1 and state in ('FAILED', 'IN_DOUBT', 'SKIPPED') and ${visible}
group by state, step, reason, errcode, error_title
order by count(*) desc, state, step, reason, errcode, error_title limit 100`;

/**
 * The groups of targets that are FAILED, IN_DOUBT or SKIPPED, largest first, at most 100.
 * @param visible counts only the targets of these mini-programs.
 */
export async function listFailures(
  pool: ClientBase | Pool,
  rolloutId: string,
  visible?: Visible,
): Promise<FailureGroup[]> {
  const values: unknown[] = [rolloutId];
  const seen = whereVisible('appid', visible, (value) => `$${values.push(value)}`);
  const { rows } = await pool.query<FailureGroup>(failures(seen), values);
  return rows;
}
