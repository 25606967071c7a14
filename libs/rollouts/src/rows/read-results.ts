import type { RolloutHistoryPoint } from '@wxa/contracts';
import { type Visible, whereVisible } from '@wxa/postgres';
import type { ClientBase, Pool } from 'pg';
import type { FailureGroup } from '../core/rollout.js';

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
