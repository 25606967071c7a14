import type { ClientBase } from 'pg';
import type { TargetFilter } from '../core/messages/filter-of.js';
import { type TurnTarget, UNREAD } from '../core/messages/target-of.js';
import { conditionsOf, TARGET } from './stored-target.js';
import { TURN_SIZE } from './take-turn.js';

/** What the next move of a target depends on, besides the target. */
export interface TurnFacts {
  /** Null if the target has no operation, or retention has deleted it. Error and result are proto3 JSON. */
  operation: {
    id: string;
    method: string;
    state: string;
    error: unknown;
    result: unknown;
    /** By the clock of Postgres, as all times that a turn compares; `ended_at` is by that of a worker. */
    endedAt: string | null;
    /** This rollout has accepted it. */
    isOwn: boolean;
    /** It is such a one, was never sent to WeChat, and no worker has claimed it. */
    isUnsent: boolean;
  } | null;
  audit: {
    operationId: string;
    state: string;
    submittedAt: string;
    delayedAt: string | null;
    reason: string;
  } | null;
  hasOtherOpenAudit: boolean;
  isHeldElsewhere: boolean;
  /** Null if the mini-program is not known. */
  authorizer: { state: string; permissionSets: number[] | null } | null;
  /** Of the rollout that this one rolls back. */
  first: {
    step: number;
    auditId: string | null;
    grayShare: number | null;
    isReleased: boolean;
    auditState: string | null;
  } | null;
}

export interface TargetWithFacts {
  target: TurnTarget;
  facts: TurnFacts;
}

const OWN = TARGET.omit(...UNREAD).select('t');

const FACTS = `
  case when o.id is not null then json_build_object('id', o.id, 'method', o.method, 'state', o.state, 'error', o.error,
    'result', o.result, 'endedAt', case when o.ended_at is not null then o.updated_at end,
    'isOwn', o.rollout_id is not distinct from t.rollout_id, 'isUnsent', o.rollout_id = t.rollout_id and o.attempts = 0
    and o.state in ('QUEUED', 'RETRYING')) end as operation,
  case when a.operation_id is not null then json_build_object('operationId', a.operation_id, 'state', a.state,
    'submittedAt', a.submitted_at, 'delayedAt', a.delayed_at, 'reason', a.reason) end as audit,
  exists (select from audits x where x.appid = t.appid and x.state = 'OPEN'
    and x.operation_id is distinct from a.operation_id) as "hasOtherOpenAudit",
  exists (select from rollout_targets h where h.appid = t.appid and h.holds_appid
    and h.rollout_id <> t.rollout_id) as "isHeldElsewhere",
  case when z.appid is not null then json_build_object('state', z.state, 'permissionSets', z.permission_sets) end as authorizer,
  case when f.appid is not null then json_build_object('step', f.step, 'auditId', f.audit_id::text,
    'grayShare', f.gray_share, 'isReleased', f.released, 'auditState', fa.state) end as first`;

/** `$1`: the rollout, `$2`: the one that it rolls back. */
const FROM = `rollout_targets t
  left join operations o on o.id = t.operation_id
  left join audits a on a.operation_id = case when o.method = 'SubmitAudit' then o.id else t.audit_operation_id end
  left join authorizers z on z.appid = t.appid
  left join rollout_targets f on f.rollout_id = $2::uuid and f.appid = t.appid
  left join audits fa on fa.operation_id = f.audit_operation_id`;

// Postgres has no statistics of a new rollout and takes it for a small one. Arrays and the lateral `limit` leave it no choice
// but to look up each chosen target; otherwise it reads the whole rollout in each turn.
const CHOSEN = `t.rollout_id = $1 and t.position = any(array(select position from chosen)) order by t.position`;

const WOKEN = `
with chosen as (
  select t.position from unnest($3::text[]) as woken (appid)
  cross join lateral (select position from rollout_targets where appid = woken.appid and rollout_id = $1 limit 1) t
  union
  (select position from rollout_targets where rollout_id = $1 and due_at <= $4 order by due_at limit ${TURN_SIZE})
)
select ${OWN}, ${FACTS} from ${FROM} where ${CHOSEN}`;

/** The rollout of a turn and the one that it rolls back. */
export interface TurnOf {
  id: string;
  rollbackOf: string | null;
}

/** The targets that were woken and those that are due, with their facts. */
export function wokenTargets(
  client: ClientBase,
  { id, rollbackOf }: TurnOf,
  appids: string[],
  now: Date,
): Promise<TargetWithFacts[]> {
  return read(client, 'woken-targets', WOKEN, [id, rollbackOf, appids, now]);
}

const PENDING = `
select ${OWN}, ${FACTS} from ${FROM}
where t.rollout_id = $1 and t.state = 'PENDING' and t.step = $3 and t.wave <= $4 and t.position <> all($5::int[])
order by t.wave, t.position limit $6`;

/** The first PENDING targets of a step in waves up to one, without those at some positions. */
export function pendingTargets(
  client: ClientBase,
  { id, rollbackOf }: TurnOf,
  which: { step: number; maxWave: number; limit: number; not: number[] },
): Promise<TargetWithFacts[]> {
  const { step, maxWave, not, limit } = which;
  return read(client, 'pending-targets', PENDING, [id, rollbackOf, step, maxWave, not, limit]);
}

/**
 * The next targets of a batch command, by position. `is true` hides the filter from the indexes: all turns of a command together
 * read the targets once, by position. By another index each turn would read and sort all that are left.
 */
export async function commandTargets(
  client: ClientBase,
  { id, rollbackOf }: TurnOf,
  filter: TargetFilter,
  cursor: number,
): Promise<TargetWithFacts[]> {
  const values: unknown[] = [id, rollbackOf, cursor];
  const conditions = conditionsOf(filter, (value) => `$${values.push(value)}`);
  const selected = ['t.rollout_id = $1', 't.position > $3', ...conditions.map((one) => `(${one}) is true`)];
  const text = `
    with chosen as materialized (
      select position from rollout_targets t where ${selected.join(' and ')} order by position limit ${TURN_SIZE})
    select ${OWN}, ${FACTS} from ${FROM} where ${CHOSEN}`;
  return read(client, undefined, text, values);
}

/** How many targets a filter selects. */
export async function countTargets(client: ClientBase, id: string, filter: TargetFilter): Promise<number> {
  const values: unknown[] = [id];
  const conditions = conditionsOf(filter, (value) => `$${values.push(value)}`);
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::int as count from rollout_targets t where ${['t.rollout_id = $1', ...conditions].join(' and ')}`,
    values,
  );
  return rows[0]?.count ?? 0;
}

/** How many audits of a rollout are open. */
export async function openAudits(client: ClientBase, id: string): Promise<number> {
  const { rows } = await client.query<{ count: number }>({
    name: 'open-audits-of-rollout',
    text: `select count(*)::int as count from audits where rollout_id = $1 and state = 'OPEN'`,
    values: [id],
  });
  return rows[0]?.count ?? 0;
}

async function read(
  client: ClientBase,
  name: string | undefined,
  text: string,
  values: unknown[],
): Promise<TargetWithFacts[]> {
  const { rows } = await client.query<TurnTarget & TurnFacts>({
    ...(name !== undefined && { name }),
    text,
    values,
  });
  return rows.map(
    ({ operation, audit, hasOtherOpenAudit, isHeldElsewhere, authorizer, first, ...target }) => ({
      target,
      facts: { operation, audit, hasOtherOpenAudit, isHeldElsewhere, authorizer, first },
    }),
  );
}
