import {
  type RolloutChange,
  RolloutChangeType,
  RolloutCloseCause,
  RolloutGateType,
  type RolloutHistoryPoint,
} from '@wxa/contracts';
import { unlessAborted, type Visible, whereVisible } from '@wxa/postgres';
import type { ClientBase, Pool } from 'pg';
import type { CloseCause } from '../core/continuous.js';
import type { FailureGroup } from '../core/stored-rollout.js';
import type { RolloutChangeTypeName } from './journal.js';

/** An entry of the journal of a rollout. */
export interface StoredChange extends Omit<RolloutChange, 'seq' | 'type' | 'time' | 'gate' | 'closeCause'> {
  /** Decimal digits. */
  seq: string;
  type: RolloutChangeTypeName;
  at: Date;
  gate: 'SUBMIT' | 'RELEASE' | null;
  /** Of CLOSED. */
  closeCause: CloseCause | null;
}

/** The message of an entry. */
export function toChange({ seq, type, at, gate, closeCause, ...same }: StoredChange): RolloutChange {
  return {
    ...same,
    seq: BigInt(seq),
    type: RolloutChangeType[`ROLLOUT_CHANGE_TYPE_${type}`],
    time: at,
    gate: RolloutGateType[`ROLLOUT_GATE_TYPE_${gate ?? 'UNSPECIFIED'}`],
    closeCause: RolloutCloseCause[`ROLLOUT_CLOSE_CAUSE_${closeCause ?? 'UNSPECIFIED'}`],
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
          case when type = 'CLOSED' then args ->> 'cause' end as "closeCause"
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

const count = (kind: string) => `count(*) filter (where kind = '${kind}')::int as ${kind}`;

const history = (visible: string) => `
with targets as (
  select state, updated_at, audit_operation_id from rollout_targets where rollout_id = $1 and ${visible}
), submissions as (select submitted_at, decided_at from targets join audits on operation_id = audit_operation_id),
events (at, kind) as (
  select updated_at, lower(state) from targets where state in ('SUCCEEDED', 'FAILED')
  union all select submitted_at, 'submitted' from submissions
  union all select decided_at, 'decided' from submissions where decided_at is not null
)
select date_bin(make_interval(secs => $2), at, 'epoch') as time, ${count('submitted')}, ${count('decided')},
  ${count('succeeded')}, ${count('failed')}
from events group by 1 order by 1`;

/** The intervals in which something happened, oldest first. @param visible counts only the targets of these mini-programs. */
export async function listHistory(
  pool: ClientBase | Pool,
  { rolloutId, intervalS, visible }: { rolloutId: string; intervalS: number; visible?: Visible | undefined },
): Promise<RolloutHistoryPoint[]> {
  const values: unknown[] = [rolloutId, intervalS];
  const seen = whereVisible('appid', visible, (value) => `$${values.push(value)}`);
  const { rows } = await pool.query<RolloutHistoryPoint>(history(seen), values);
  return rows;
}
