/** The channel on which a rollout that becomes live is announced: while none is live, conductors look once a second. */
export const ROLLOUTS_CHANNEL = 'wxa_rollouts';

/** Of the rows that `wokenBy` reads. */
export const ENDED_OR_IN_DOUBT = `(ended_at is not null or state = 'IN_DOUBT')`;

/**
 * A common table expression, for a statement that ends an operation or brings it into or out of doubt: it wakes the rollouts of
 * the operations in the same transaction, so that none can have ended unnoticed. A wake-up says only: look at this target.
 * @param changed the expression that returns the operations: `rollout_id`, `appid`, and what `condition` names.
 */
export const wokenBy = (changed: string, condition = 'true') => `woken as (
  insert into rollout_wakeups (rollout_id, appid)
  select rollout_id, appid from ${changed} where rollout_id is not null and ${condition}
)`;

/**
 * The same for audits: also wakes the target that holds the mini-program, because it may wait for an audit which its rollout did
 * not submit, or a turn may just let it wait.
 */
export const wokenByAudits = (ended: string) => `woken as (
  insert into rollout_wakeups (rollout_id, appid)
  select rollout_id, appid from ${ended} where rollout_id is not null
  union
  select t.rollout_id, t.appid from ${ended} e join rollout_targets t on t.appid = e.appid and t.holds_appid
)`;
