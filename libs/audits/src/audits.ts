import type { AuditDecision, CloudEvent } from '@wxa/contracts';
import { afterCommit, columns, storable } from '@wxa/postgres';
import { type AppName, EVENT, type Publisher } from '@wxa/postgres/outbox';
import type { ClientBase, Pool } from 'pg';
import type { StoredAudit } from './stored-audit.js';

/** A callback as it is stored. */
export interface StoredAuditPush {
  /** The same for every delivery of one callback. */
  key: string;
  appid: string;
  decision: AuditDecision;
  /** Called with the `traceparent` of the SubmitAudit of the audit that it decides; the decision may not be committed yet. */
  onDecided?: ((traceparent: string | null) => void) | undefined;
}

/** `traceparent`: of its SubmitAudit; null if that operation was deleted. */
export type DecidedAudit = StoredAudit & { traceparent: string | null };

const COLUMNS = `operation_id as "operationId", appid, audit_id as "auditId", user_version as "userVersion", state,
  submitted_at as "submittedAt", decided_at as "decidedAt", source, delayed_at as "delayedAt", push_key as "pushKey"`;

/**
 * Serializes everything that changes the audits of a mini-program, until the transaction ends. Locks in the order of
 * appids, so that two transactions never deadlock.
 */
export async function lockAudits(client: ClientBase, appids: string[]): Promise<void> {
  await client.query({
    name: 'lock-audits',
    text: 'select pg_advisory_xact_lock(hashtextextended(appid, 1)) from unnest($1::text[]) appid',
    values: [[...new Set(appids)].sort()],
  });
}

/** `isFirst`: it is open, and the mini-program had no audit before. */
export type RecentAudit = StoredAudit & { isFirst: boolean };

// Only for open audits, so that a callback looks up one operation, not twenty.
const IS_FIRST = `state = 'OPEN' and exists (select from operations o where o.id = operation_id and o.noted ->> 'auditId' = '')`;

/** The audits of each mini-program that a callback or a status can belong to, newest first. */
export async function recentAudits(client: ClientBase, appids: string[]): Promise<RecentAudit[][]> {
  const { rows } = await client.query<RecentAudit>({
    name: 'recent-audits',
    text: `select ${COLUMNS}, (${IS_FIRST}) as "isFirst" from unnest($1::text[]) as wanted(wanted_appid), lateral (
        select * from audits where appid = wanted_appid order by submitted_at desc limit 20) recent
      order by submitted_at desc`,
    values: [[...new Set(appids)]],
  });
  const found = new Map<string, RecentAudit[]>(appids.map((appid) => [appid, []]));
  for (const audit of rows) found.get(audit.appid)?.push(audit);
  return appids.map((appid) => found.get(appid) ?? []);
}

// By seq, the order of acceptance: ids follow the clocks of the gateways, which may differ. The caller's JSON is parsed
// here, because Postgres fails on a NUL character anywhere in it.
const COMMITTED_BEFORE = `
select i.id, c.request from unnest($1::uuid[], $2::text[]) as i(id, appid) cross join lateral (
  select request from operations
  where appid = i.appid and method = 'Commit' and state = 'SUCCEEDED' and seq < (select seq from operations where id = i.id)
  order by seq desc limit 1) c`;

/** What a Commit committed. `templateId`: in decimal digits. */
interface Committed {
  userVersion: string;
  templateId: string;
}

/** What this service committed last before these operations, by their ids; none where there is no commit. */
async function committedBefore(
  client: ClientBase | Pool,
  operations: { operationId: string; appid: string }[],
): Promise<Map<string, Committed>> {
  const { rows } = await client.query<{ id: string; request: Partial<Committed> }>({
    name: 'committed-before',
    text: COMMITTED_BEFORE,
    values: [operations.map(({ operationId }) => operationId), operations.map(({ appid }) => appid)],
  });
  return new Map(
    rows.map(({ id, request: { userVersion = '', templateId = '0' } }) => [
      id,
      { userVersion: String(userVersion), templateId: String(templateId) },
    ]),
  );
}

/** The version that this service committed last before an operation; empty if there is none. */
export async function versionCommittedBefore(
  client: ClientBase | Pool,
  appid: string,
  operationId: string,
): Promise<string> {
  const committed = await committedBefore(client, [{ operationId, appid }]);
  return committed.get(operationId)?.userVersion ?? '';
}

/** The version that was submitted to an audit; empty if the audit was made outside this service. */
export async function versionOf(pool: Pool, appid: string, auditId: string): Promise<string> {
  const { rows } = await pool.query<{ user_version: string }>(
    'select user_version from audits where appid = $1 and audit_id = $2',
    [appid, auditId],
  );
  return rows[0]?.user_version ?? '';
}

/** A SubmitAudit that succeeded. `auditId`: WeChat's, in decimal digits. */
export interface NewAudit {
  operationId: string;
  appid: string;
  auditId: string;
  submittedAt: Date;
}

const SUBMITTED = columns<NewAudit & Pick<Committed, 'userVersion'> & { templateId: string | null }>({
  operationId: 'uuid',
  appid: 'text',
  auditId: 'bigint',
  submittedAt: 'timestamptz',
  userVersion: 'text',
  templateId: 'bigint',
});

const OPEN = `
insert into audits (${SUBMITTED.names}, rollout_id)
select ${SUBMITTED.from('i')}, (select rollout_id from operations where id = i.operation_id) from ${SUBMITTED.rows('i', 1)}
on conflict (operation_id) do nothing`;

/** Opens the audits that SubmitAudits created. Version and template of each are those of the last Commit before it. */
export async function openSubmitted(client: ClientBase, submitted: NewAudit[]): Promise<void> {
  if (submitted.length === 0) return;
  const committed = await committedBefore(client, submitted);
  const unknown = { userVersion: '', templateId: null };
  const audits = submitted.map((one) => ({ ...one, ...(committed.get(one.operationId) ?? unknown) }));
  await client.query({ name: 'open-audits', text: OPEN, values: SUBMITTED.values(audits) });
}

/** An audit that has ended or is delayed. */
export interface AuditChange {
  audit: StoredAudit;
  decision: AuditDecision;
  /** Of the callback with the decision. */
  pushKey: string | null;
  onDecided?: StoredAuditPush['onDecided'];
}

/** `completed`: the audit whose decision it is; null if the event only reports a delay. */
type AuditEvent = CloudEvent & { completed: string | null };

interface Changed {
  id: string;
  traceparent: string | null;
  originalId: string | null;
}

/**
 * A common table expression, for a statement that ends or delays audits: it wakes the targets of rollouts that submitted them, and those
 * that hold their mini-programs, because one may wait for an audit which its rollout did not submit, or a turn may just let it wait.
 */
export const wokenByAudits = (ended: string) => `woken as (
  insert into rollout_wakeups (rollout_id, appid)
  select rollout_id, appid from ${ended} where rollout_id is not null
  union
  select t.rollout_id, t.appid from ${ended} e join rollout_targets t on t.appid = e.appid and t.holds_appid
)`;

const CHANGED = `
  returning a.operation_id, a.appid, a.rollout_id
), ${wokenByAudits('changed')}
select a.operation_id as id,
  (select o.traceparent from operations o where o.id = a.operation_id) as traceparent,
  (select o.original_id from original_ids o where o.appid = a.appid) as "originalId"
from changed a`;

// Arrays of different lengths cannot be elements of one array.
const SET_REASON = `reason = d.reason, screenshots = array(select json_array_elements_text(d.screenshots::json))`;

const END = `
with changed as (
  update audits a set state = d.state, decided_at = d.at, source = d.source, push_key = d.push_key, ${SET_REASON}
  from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
    as d(id, at, reason, screenshots, state, source, push_key)
  where a.operation_id = d.id and a.state = 'OPEN' ${CHANGED}`;

const DELAY = `
with changed as (
  update audits a set delayed_at = d.at, ${SET_REASON}
  from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[]) as d(id, at, reason, screenshots)
  where a.operation_id = d.id and a.state = 'OPEN' and a.delayed_at is null ${CHANGED}`;

/**
 * Ends or delays audits and publishes each change once. An audit that has ended does not change any more.
 */
export async function decideAudits(
  client: ClientBase,
  { writer, toEvent, onDecided: onCommitted }: Publisher,
  decisions: AuditChange[],
): Promise<void> {
  const delays = decisions.filter(({ decision }) => decision.state === 'DELAYED');
  const ends = decisions.filter(({ decision }) => decision.state !== 'DELAYED');
  const changed = [
    ...(await change(client, 'delay-audits', DELAY, delays, [])),
    ...(await change(client, 'end-audits', END, ends, [
      ends.map(({ decision }) => decision.state),
      ends.map(({ decision }) => decision.source),
      ends.map(({ pushKey }) => pushKey),
    ])),
  ];
  const known = new Map(changed.map((row) => [row.id, row]));
  const events = decisions.flatMap(({ audit, decision, onDecided }) => {
    const row = known.get(audit.operationId);
    if (row === undefined) return [];
    onDecided?.(row.traceparent);
    const what = decision.state === 'DELAYED' ? 'delayed' : 'completed';
    if (what === 'completed') afterCommit(client, () => onCommitted?.(decision));
    const completed = { ...decision, originalId: decision.originalId || (row.originalId ?? '') };
    const decided = { ...audit, traceparent: row.traceparent };
    const event = toEvent(audit.appid, decided, completed, `${audit.operationId}.audit-${what}`);
    return { ...event, completed: what === 'completed' ? audit.operationId : null };
  });
  await publish(client, writer, events);
}

// The value of an AuditCompleted is stored, so that it can be published again unchanged: not all of it is in the row.
const PUBLISH = `
with events as (
  select * from unnest(${EVENT.arrays(2)}, $${2 + EVENT.count}::uuid[]) with ordinality as e(${EVENT.names}, completed, ord)
), stored as (
  update audits a set decided_event = e.value::json from events e where a.operation_id = e.completed
)
insert into outbox (writer, ${EVENT.names}) select $1, ${EVENT.from('e')} from events e order by ord`;

async function publish(client: ClientBase, writer: AppName, events: AuditEvent[]): Promise<void> {
  if (events.length === 0) return;
  const values = [writer, ...EVENT.values(events), events.map(({ completed }) => completed)];
  await client.query({ name: 'publish-audits', text: PUBLISH, values });
}

async function change(
  client: ClientBase,
  name: string,
  text: string,
  decisions: AuditChange[],
  more: unknown[][],
): Promise<Changed[]> {
  if (decisions.length === 0) return [];
  const ids = decisions.map(({ audit }) => audit.operationId);
  const times = decisions.map(({ decision }) => decision.decidedAt);
  const reasons = decisions.map(({ decision }) => storable(decision.reason));
  const screenshots = decisions.map(({ decision }) => JSON.stringify(decision.screenshots.map(storable)));
  const values = [ids, times, reasons, screenshots, ...more];
  const { rows } = await client.query<Changed>({ name, text, values });
  return rows;
}
