import { IS_OF_OPERATOR, IS_STOPPED, lift, SUBMIT_API, wakeRunning } from '@wxa/limits';
import { accept, type NewOperation } from '@wxa/operations';
import { bound } from '@wxa/postgres';
import type { Publisher } from '@wxa/postgres/outbox';
import { NOBODY, type RecordEntry, recordedTransaction } from '@wxa/postgres/trail';
import type { ClientBase, Pool } from 'pg';
import { addQuota, lastQuota, MAY_BE_ASKED } from '../rows/limits.js';
import type { QuotaState } from './quota-decision.js';

// 3 is the number of SUBMIT_AUDIT. READINESS and SETTINGS, which precede it with higher numbers, may take months: no quota is read
// for them.
const OPEN_SUBMISSIONS = `r.state = 'RUNNING' and coalesce(r.spec ->> 'lastStep', '')
    not in ('ROLLOUT_STEP_COMMIT', 'ROLLOUT_STEP_SETTINGS', 'ROLLOUT_STEP_CHECK')`;
const NOT_ENDED = `('PENDING', 'RUNNING', 'WAITING', 'IN_DOUBT')`;

const STATE = `
select clock_timestamp() as now, q.observed_at as "observedAt", q.rest, q."limit",
  case when q.queried_at is not null then json_build_object('at', q.queried_at, 'isOpen', exists (
    select from operations o where o.id = q.operation_id and o.ended_at is null)) end as asked,
  (select json_build_object('result', result, 'at', coalesce(started_at, ended_at)) from operations
    where method = 'GetAuditQuota' and state = 'SUCCEEDED' and ended_at is not null order by id desc limit 1) as answer,
  (select json_build_object('since', l.stopped_at, 'isOfOperator', ${IS_OF_OPERATOR}) from api_limits l
    where l.api = '${SUBMIT_API}' and ${IS_STOPPED} and l.stop_errcode is not null) as stop,
  exists (select from rollouts r join rollout_counts c on c.rollout_id = r.id where ${OPEN_SUBMISSIONS}
    and c.step <= 3 and c.wave <= r.submit_wave and c.targets > 0 and c.state in ${NOT_ENDED}) as "isWaitedFor",
  (select json_build_object('appid', appid, 'at', created_at) from operations
    where method = 'SubmitAudit' and state = 'SUCCEEDED' and ended_at is not null order by id desc limit 1) as submitted
from audit_quota q where q.component_appid = $1 for update of q skip locked`;

type Timed<T, K extends string> = Omit<T, K> & Record<K, string>;
type Row = Omit<QuotaState, 'asked' | 'answer' | 'stop' | 'submitted'> & {
  asked: Timed<NonNullable<QuotaState['asked']>, 'at'> | null;
  answer: Timed<NonNullable<QuotaState['answer']>, 'at'> | null;
  stop: Timed<NonNullable<QuotaState['stop']>, 'since'> | null;
  submitted: Timed<NonNullable<QuotaState['submitted']>, 'at'> | null;
};

function toState({ asked, answer, stop, submitted, ...row }: Row): QuotaState {
  return {
    ...row,
    asked: asked && { ...asked, at: new Date(asked.at) },
    answer: answer && { ...answer, at: new Date(answer.at) },
    stop: stop && { ...stop, since: new Date(stop.since) },
    submitted: submitted && { ...submitted, at: new Date(submitted.at) },
  };
}

// A mini-program whose last query failed, or has no answer, is not asked for 10 minutes.
const ANSWERS = (appid: string) => `not exists (select from operations o where o.appid = ${appid}
  and o.method = 'GetAuditQuota' and o.state <> 'SUCCEEDED' and o.created_at > clock_timestamp() - interval '10 minutes')`;

const AUTHORIZED = `
select a.appid from authorizers a where ${MAY_BE_ASKED}
  and ${ANSWERS('a.appid')} order by a.appid limit 1`;

const WAITING = `
select t.appid from rollouts r join rollout_targets t on t.rollout_id = r.id where ${OPEN_SUBMISSIONS}
  and t.step <= 3 and t.wave <= r.submit_wave and t.state in ${NOT_ENDED}
  and ${ANSWERS('t.appid')} order by t.step desc, r.id, t.wave, t.position limit 1`;

// `updated_at` of an operation that has ended is the time of its end by the clock of Postgres, as $6; `submitted_at` is by that of
// a worker, and only keeps old audits out. The lookup by target keeps Postgres from reading whole rollouts.
const SUBMITTED_SINCE = `
select count(*) from audits a join operations o on o.id = a.operation_id
where a.submitted_at > $6::timestamptz - interval '10 minutes' and o.updated_at > $6 and a.operation_id = (
  select t.audit_operation_id from rollout_targets t where t.appid = a.appid and t.rollout_id = a.rollout_id limit 1)`;

/** A locked row of `audit_quota` and what one look at it may do, in one transaction. */
export class QuotaLook {
  constructor(
    private readonly client: ClientBase,
    private readonly writes: { publisher: Publisher; record: RecordEntry },
    private readonly platform: string,
    readonly state: QuotaState,
  ) {}

  /**
   * Stores the last answer as the snapshot and wakes the rollouts that it may concern. Audits that were submitted after it was asked
   * for may not be in it: those that turns have seen already count as before, and turns will count the others.
   */
  async observe({ result, at }: NonNullable<QuotaState['answer']>): Promise<void> {
    const { rest = 0, limit = 0, speedupRest = 0, speedupLimit = 0 } = result;
    await this.client.query(
      `update audit_quota set rest = $2, "limit" = $3, observed_at = $6, submitted_since = (${SUBMITTED_SINCE}),
         speedup_limit = $5, speedup_rest = case when speedup_rest < 0 and $4 = 0 then speedup_rest else $4 end where component_appid = $1`,
      [this.platform, rest, limit, speedupRest, speedupLimit, at],
    );
    await wakeRunning(this.client);
  }

  /**
   * Lifts the stop of wxa/submit_audit, unless an operator has stopped it since it was read; for an hour, rollouts submit few at a
   * time.
   */
  async liftStop(): Promise<void> {
    const [resumed] = await lift(this.client, [SUBMIT_API], { ofOperators: false });
    if (resumed === undefined) return;
    await this.client.query(
      'update audit_quota set lifted_at = clock_timestamp() where component_appid = $1',
      [this.platform],
    );
    const reason = 'an hourly try after an 85085';
    await this.writes.record({ action: 'api.resumed', detail: { ...resumed, reason } });
    await wakeRunning(this.client);
  }

  /**
   * A mini-program to ask, undefined if there is none: with `knowsAuthorizers` any one that is authorized, otherwise the target
   * whose submission waits first.
   */
  async candidate({ knowsAuthorizers }: { knowsAuthorizers: boolean }): Promise<string | undefined> {
    const { rows } = await this.client.query<{ appid: string }>(knowsAuthorizers ? AUTHORIZED : WAITING);
    return rows[0]?.appid;
  }

  /** Accepts the query, whose answer a later look finds. */
  async ask(query: NewOperation): Promise<void> {
    await this.client.query(
      'update audit_quota set operation_id = $2, queried_at = clock_timestamp() where component_appid = $1',
      [this.platform, query.id],
    );
    await accept(this.client, this.writes.publisher, [query]);
  }
}

export type Quota = ReturnType<typeof quotaOn>;

/** The statements of the audit quota. */
export function quotaOn(calls: Pool, publisher: Publisher) {
  return { ...bound([calls], { addQuota, lastQuota }), ...bound([calls, publisher], { lookAtQuota }) };
}

/** Looks at the audit quota of a platform, unless another process does so at the moment. */
export function lookAtQuota(
  pool: Pool,
  publisher: Publisher,
  platform: string,
  look: (quota: QuotaLook) => Promise<void>,
): Promise<void> {
  return recordedTransaction(pool, { ...publisher, by: NOBODY }, async (client, record) => {
    const { rows } = await client.query<Row>({ name: 'look-at-quota', text: STATE, values: [platform] });
    const [row] = rows;
    if (row !== undefined) await look(new QuotaLook(client, { publisher, record }, platform, toState(row)));
  });
}
