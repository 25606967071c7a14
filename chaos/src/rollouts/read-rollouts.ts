import type { Pool } from 'pg';
import type { RolloutHistory } from '../history.js';

const ROLLOUTS = `
select r.id, r.state, r.targets, r.last_seq::int as "lastSeq",
  (select json_agg(json_build_object('appid', t.appid, 'state', t.state, 'step', t.step, 'attempt', t.attempt,
    'completions', t.completions, 'operationId', coalesce(t.operation_id::text, '')) order by t.position)
   from rollout_targets t where t.rollout_id = r.id) as rows,
  (select coalesce(json_agg(json_build_array(c.wave, c.step, c.state, c.waits_for, c.targets)
    order by c.wave, c.step, c.state, c.waits_for), '[]')
   from rollout_counts c where c.rollout_id = r.id and c.targets <> 0) as counts,
  (select json_agg(json_build_array(c.wave, c.step, c.state, c.waits_for, c.targets)
    order by c.wave, c.step, c.state, c.waits_for)
   from (select wave, step, state, coalesce(waits_for, '') as waits_for, count(*) as targets
     from rollout_targets t where t.rollout_id = r.id group by 1, 2, 3, 4) c) as recount,
  (select json_agg(json_build_object('seq', j.seq, 'type', j.type) order by j.seq)
   from rollout_changes j where j.rollout_id = r.id) as journal
from rollouts r`;

/** The rollouts with all that is stored of them. */
export async function readRollouts(pool: Pool): Promise<RolloutHistory[]> {
  return (await pool.query<RolloutHistory>(ROLLOUTS)).rows;
}

const LIVE = `select count(*)::int as count from rollout_targets t join rollouts r on r.id = t.rollout_id
where r.state in ('RUNNING', 'PAUSED', 'CANCELLING')
  and t.state in ('PENDING', 'RUNNING', 'WAITING')`;

/** Targets that will still move by themselves. */
export async function movingTargets(pool: Pool): Promise<number> {
  return (await pool.query<{ count: number }>(LIVE)).rows[0]?.count ?? 0;
}
