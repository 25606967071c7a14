import type { ClientBase, Pool } from 'pg';
import { lockAudits, openSubmitted, type SubmittedAudit } from '../audits/audits.js';
import { applyDeferredPushes } from '../audits/record-push.js';
import type { Publisher } from '../outbox.js';
import { wokenByAudits } from '../rollouts/wakeups.js';
import { storable } from '../server/storable.js';
import { transaction } from '../transaction.js';
import { BATCH } from './staged-events.js';

const WITHOUT_AUDIT = `
select o.id from operations o where o.id = any($1::uuid[]) and o.state = 'SUCCEEDED'
  and not exists (select from audits a where a.operation_id = o.id)`;

/** Opens the audits that are not in Postgres, unlike their operation. Returns how many. */
export async function openAudits(client: ClientBase, audits: SubmittedAudit[]): Promise<number> {
  if (audits.length === 0) return 0;
  await lockAudits(
    client,
    audits.map(({ appid }) => appid),
  );
  const { rows } = await client.query<{ id: string }>(WITHOUT_AUDIT, [
    audits.map(({ operationId }) => operationId),
  ]);
  const wanted = new Set(rows.map(({ id }) => id));
  const missing = audits.filter(({ operationId }) => wanted.has(operationId));
  await openSubmitted(client, missing);
  return missing.length;
}

/** A published event of an audit: its end or its delay. */
export interface PublishedAudit {
  operationId: string;
  appid: string;
  originalId: string;
  state: 'APPROVED' | 'REJECTED' | 'WITHDRAWN' | 'DELAYED';
  at: Date;
  source: 'CALLBACK' | 'POLL' | 'OPERATION';
  reason: string;
  screenshots: string[];
  /** JSON text of the event. */
  value: string;
}

const SET_REASON = `reason = i.reason, screenshots = array(select json_array_elements_text(i.screenshots::json))`;

const APPLY = `
with input as (
  select * from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[])
    as i(operation_id, state, at, source, value, reason, screenshots)
), delayed as (
  update audits a set delayed_at = i.at, ${SET_REASON} from input i
  where a.operation_id = i.operation_id and i.state = 'DELAYED' and a.delayed_at is null
    -- A statement updates a row once.
    and not exists (select from input e where e.operation_id = a.operation_id and e.state <> 'DELAYED')
), ended as (
  update audits a set state = i.state, decided_at = i.at, source = i.source, decided_event = i.value::json, ${SET_REASON},
    delayed_at = coalesce(a.delayed_at, (select min(d.at) from input d where d.operation_id = a.operation_id and d.state = 'DELAYED'))
  from input i where a.operation_id = i.operation_id and i.state <> 'DELAYED' and a.state = 'OPEN'
  returning a.rollout_id, a.appid
), ${wokenByAudits('ended')}
select from ended`;

const NAME_ORIGINAL = `
insert into original_ids (appid, original_id)
select distinct on (appid) appid, original_id from unnest($1::text[], $2::text[]) as named(appid, original_id)
where original_id <> '' on conflict (appid) do nothing`;

/** Ends or delays open audits as published, without an event. Returns how many ended. */
export async function applyPublishedAudits(client: ClientBase, audits: PublishedAudit[]): Promise<number> {
  if (audits.length === 0) return 0;
  const appids = audits.map(({ appid }) => appid);
  await lockAudits(client, appids);
  await client.query(NAME_ORIGINAL, [appids, audits.map(({ originalId }) => originalId)]);
  const { rowCount } = await client.query(APPLY, [
    audits.map((a) => a.operationId),
    audits.map((a) => a.state),
    audits.map((a) => a.at),
    audits.map((a) => a.source),
    audits.map((a) => a.value),
    audits.map((a) => storable(a.reason)),
    audits.map((a) => JSON.stringify(a.screenshots.map(storable))),
  ]);
  return rowCount ?? 0;
}

// The callbacks of other mini-programs wait for a SubmitAudit whose outcome is not known yet.
const WITH_CALLBACKS = `
select distinct p.appid from audit_pushes p where p.waiting and p.appid > $1 and not exists (
  select from operations o where o.appid = p.appid and o.is_change and o.ended_at is null and o.method = 'SubmitAudit'
    and (o.state in ('RUNNING', 'IN_DOUBT') or o.may_have_acted))
order by p.appid limit ${BATCH}`;

/** The next page of mini-programs whose deferred callbacks can be matched, by appid. */
export async function withDeferredCallbacks(client: ClientBase, after: string): Promise<string[]> {
  const { rows } = await client.query<{ appid: string }>(WITH_CALLBACKS, [after]);
  return rows.map(({ appid }) => appid);
}

/** Matches all deferred callbacks that can be matched, in transactions of a page each. */
export async function matchAllDeferred(pool: Pool, publisher: Publisher): Promise<void> {
  for (let after = ''; ; ) {
    const appids = await transaction(pool, async (client) => {
      const page = await withDeferredCallbacks(client, after);
      await matchDeferred(client, publisher, page);
      return page;
    });
    const last = appids.at(-1);
    if (last === undefined) return;
    after = last;
  }
}

/** Matches the deferred callbacks of mini-programs to their audits and publishes the decisions. */
export async function matchDeferred(
  client: ClientBase,
  publisher: Publisher,
  appids: string[],
): Promise<void> {
  await lockAudits(client, appids);
  await applyDeferredPushes(client, publisher, appids);
}
