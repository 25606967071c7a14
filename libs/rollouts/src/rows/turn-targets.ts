import { OperationError } from '@wxa/contracts';
import { isUnsent } from '@wxa/operations';
import { after } from '../core/advance/move.js';
import { READ_MS } from '../core/advance/readiness.js';
import type { TargetFilter } from '../core/messages/filter-of.js';
import {
  type AuditFacts,
  type AuthorizationState,
  type Candidate,
  type FirstTarget,
  type OperationFacts,
  STEP_NUMBERS,
  stepOfNumber,
  type TargetFacts,
} from '../core/target.js';
import { inventoryOf, neededSettings } from './mini-program-facts.js';
import { conditionsOf, type StoredTarget, TARGET, targetOf } from './stored-target.js';
import { TURN_SIZE, type TurnStart } from './take-turn.js';

type InJson<T, Times extends keyof T> = Omit<T, Times> & { [K in Times]: string | Extract<T[K], null> };

/** What a statement returns with each target: times in JSON are texts, `error` is proto3 JSON. */
interface FactsRow
  extends Pick<TargetFacts, 'hasOtherOpenAudit' | 'isHeldElsewhere' | 'isOfNewer' | 'isAuthorizedAgain'> {
  /** Null if the target has no operation, or retention has deleted it. */
  operation: (Omit<InJson<OperationFacts, 'endedAt'>, 'error'> & { error: unknown }) | null;
  audit: InJson<AuditFacts, 'submittedAt' | 'delayedAt'> | null;
  /** Null if the mini-program is not known. */
  authorizer: { state: string; permissionSets: number[] | null; labels: string[] | null } | null;
  first: (Omit<FirstTarget, 'step'> & { step: number }) | null;
}

const OWN = TARGET.omit('waveGiven', 'reason', 'errcode', 'errorTitle', 'updatedAt').select('t');

// Times that a turn compares are by the clock of Postgres; `ended_at` is by that of a worker.
const FACTS = `
  case when o.id is not null then json_build_object('id', o.id, 'method', o.method, 'state', o.state, 'error', o.error,
    'result', o.result, 'endedAt', case when o.ended_at is not null then o.updated_at end,
    'isOwn', o.rollout_id is not distinct from t.rollout_id, 'isUnsent', o.rollout_id = t.rollout_id
    and ${isUnsent('o')}) end as operation,
  case when a.operation_id is not null then json_build_object('operationId', a.operation_id, 'state', a.state,
    'submittedAt', a.submitted_at, 'delayedAt', a.delayed_at, 'reason', a.reason) end as audit,
  exists (select from audits x where x.appid = t.appid and x.state = 'OPEN'
    and x.operation_id is distinct from a.operation_id) as "hasOtherOpenAudit",
  exists (select from rollout_targets h where h.appid = t.appid and h.holds_appid
    and h.rollout_id <> t.rollout_id) as "isHeldElsewhere",
  exists (select from rollout_targets w join rollouts n on n.id = w.rollout_id where w.appid = t.appid
    and w.state not in ('FAILED', 'SKIPPED', 'CANCELLED') and z.labels @> n.intake_labels
    and n.intake_since > (select intake_since from rollouts where id = $1)) as "isOfNewer",
  coalesce(z.authorized_at > case when t.state = 'PENDING' or t.waits_for <> 'OPERATION' then t.updated_at
    else least(t.updated_at, o.created_at) end, false) as "isAuthorizedAgain",
  case when z.appid is not null then json_build_object('state', z.state, 'permissionSets', z.permission_sets,
    'labels', z.labels) end as authorizer,
  case when f.appid is not null then json_build_object('step', f.step, 'auditId', f.audit_id::text,
    'grayShare', f.gray_share, 'isReleased', f.released, 'auditState', fa.state) end as first`;

/** `$1`: the rollout, `$2`: the one that it rolls back. */
const FROM = `rollout_targets t
  left join operations o on o.id = t.operation_id
  left join audits a on a.operation_id = case when t.step = ${STEP_NUMBERS.SUBMIT_AUDIT} then o.id else t.audit_operation_id end
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

/** The targets that were woken and those that are due. */
export function wokenTargets(turn: TurnStart, appids: string[]): Promise<Candidate[]> {
  return read(turn, 'woken-targets', WOKEN, [appids, turn.rollout.now]);
}

const PENDING = `
select ${OWN}, ${FACTS} from ${FROM}
where t.rollout_id = $1 and t.state = 'PENDING' and t.step = $3 and t.wave <= $4 and t.position <> all($5::int[])
order by t.wave, t.position limit $6`;

/** The first PENDING targets of a step in waves up to one, without those at some positions. */
export function pendingTargets(
  turn: TurnStart,
  { step, maxWave, limit, not }: { step: number; maxWave: number; limit: number; not: number[] },
): Promise<Candidate[]> {
  return read(turn, 'pending-targets', PENDING, [step, maxWave, not, limit]);
}

/**
 * The next targets of a batch command, by position. `is true` hides the filter from the indexes: all turns of a command together
 * read the targets once, by position. By another index each turn would read and sort all that are left.
 */
export function commandTargets(turn: TurnStart, filter: TargetFilter, cursor: number): Promise<Candidate[]> {
  const values: unknown[] = [cursor];
  const conditions = conditionsOf(filter, (value) => `$${values.push(value) + 2}`);
  const selected = ['t.rollout_id = $1', 't.position > $3', ...conditions.map((one) => `(${one}) is true`)];
  const text = `
    with chosen as materialized (
      select position from rollout_targets t where ${selected.join(' and ')} order by position limit ${TURN_SIZE})
    select ${OWN}, ${FACTS} from ${FROM} where ${CHOSEN}`;
  return read(turn, undefined, text, values);
}

// By the index of what is due: those that wait for their owners may be many.
const READING = `
select count(*)::int as count from rollout_targets where rollout_id = $1 and due_at <= $2 and waits_for = 'READ'
  and position <> all($3::int[])`;

/** How many targets wait for a read of their mini-programs, without those at some positions. */
export async function countReading({ client, rollout }: TurnStart, not: number[]): Promise<number> {
  const until = after(rollout.now, READ_MS);
  const { rows } = await client.query<{ count: number }>({
    ...{ name: 'count-reading-targets', text: READING },
    values: [rollout.id, until, not],
  });
  return rows[0]?.count ?? 0;
}

/** How many targets a filter selects. */
export async function countTargets({ client, rollout }: TurnStart, filter: TargetFilter): Promise<number> {
  const values: unknown[] = [rollout.id];
  const conditions = conditionsOf(filter, (value) => `$${values.push(value)}`);
  const { rows } = await client.query<{ count: number }>(
    `select count(*)::int as count from rollout_targets t where ${['t.rollout_id = $1', ...conditions].join(' and ')}`,
    values,
  );
  return rows[0]?.count ?? 0;
}

/** @param values from the third on: the first two are the rollout and the one that it rolls back. */
async function read(
  turn: TurnStart,
  name: string | undefined,
  text: string,
  values: unknown[],
): Promise<Candidate[]> {
  const { client, rollout, options } = turn;
  const { rows } = await client.query<StoredTarget & FactsRow>({
    ...(name !== undefined && { name }),
    text,
    values: [rollout.id, rollout.rollbackOf, ...values],
  });
  const settings = await neededSettings(client, rollout, rows);
  const inventory = await inventoryOf(turn, rows);
  return rows.map(
    ({
      operation,
      audit,
      hasOtherOpenAudit,
      isHeldElsewhere,
      isOfNewer,
      isAuthorizedAgain,
      authorizer,
      first,
      ...target
    }) => ({
      target: targetOf(target),
      facts: {
        operation: operation === null && target.operationId !== null ? 'deleted' : operationOf(operation),
        audit: audit && {
          ...audit,
          submittedAt: new Date(audit.submittedAt),
          delayedAt: audit.delayedAt === null ? null : new Date(audit.delayedAt),
        },
        hasOtherOpenAudit,
        isHeldElsewhere,
        isOfNewer,
        isAuthorizedAgain,
        authorization: options.checksAuthorization ? authorizationOf(authorizer) : 'UNKNOWN',
        settings: settings?.get(target.appid) ?? null,
        inventory: inventory?.get(target.appid) ?? null,
        first: first && { ...first, step: stepOfNumber(first.step) },
      },
    }),
  );
}

function operationOf(operation: FactsRow['operation']): OperationFacts | null {
  return (
    operation && {
      ...operation,
      error: operation.error === null ? null : OperationError.fromJSON(operation.error),
      endedAt: operation.endedAt === null ? null : new Date(operation.endedAt),
    }
  );
}

/** The permission set of code management. */
const CODE_PERMISSION_SET = 18;

/** Unknown permission sets are those of an authorization that WeChat has not described yet. */
function authorizationOf(authorizer: FactsRow['authorizer']): AuthorizationState {
  if (authorizer?.state !== 'AUTHORIZED') return 'NOT_AUTHORIZED';
  const { permissionSets } = authorizer;
  return permissionSets === null || permissionSets.includes(CODE_PERMISSION_SET)
    ? 'AUTHORIZED'
    : 'NO_PERMISSION_SET_18';
}
