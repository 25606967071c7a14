import { withoutNul } from '@wxa/postgres';
import type { ClientBase } from 'pg';

const REQUEST = withoutNul('o.request');

// JSON leaves out a percentage of 0, as a release to members only has it.
// Each retry of a target ends its request_ids with a higher attempt. What belongs to an earlier one was known to the target.
const LOST = `
select t.rollout_id, t.position, bool_or(o.method = 'Release' and o.is_executed) as released,
  max(coalesce(${REQUEST} ->> 'percentage', '0')::smallint) filter (where o.method = 'GrayRelease' and o.is_executed) as gray_share,
  max((${REQUEST} ->> 'expectedAuditId')::bigint) filter (where o.method = 'GrayRelease' and o.is_executed) as audit_id,
  (array_agg(o.id order by o.seq desc))[1] as last_id,
  (array_agg(o.ended_at is null order by o.seq desc))[1] as is_open
from (select distinct operation_id as id from restore_events where type = 'wxa.code.v1.CodeCommand') e
join (select *, state not in ('FAILED', 'CANCELLED') as is_executed from operations) o using (id)
join rollout_targets t on t.rollout_id = o.rollout_id and t.appid = o.appid
  and t.attempt <= substring(o.request_id from '[0-9]+$')::int
group by t.rollout_id, t.position`;

// By its operation a rollback finds a target that has begun, and a cancellation what was never sent.
const INFORM = `
update rollout_targets t set released = t.released or l.released, gray_share = greatest(t.gray_share, l.gray_share),
  audit_id = coalesce(l.audit_id, t.audit_id), operation_id = case when t.operation_id is null or l.is_open
    and t.state in ('PENDING', 'WAITING') and t.waits_for is distinct from 'OPERATION' then l.last_id else t.operation_id end
from (${LOST}) l where t.rollout_id = l.rollout_id and t.position = l.position`;

/**
 * Targets of rollouts learn of the releases of the lost time, which a rollback takes back. A release that is in doubt counts: its
 * revert has the precondition that the version is live.
 */
export async function informTargets(client: ClientBase): Promise<void> {
  await client.query(INFORM);
}
