import { lockAudits, openSubmitted, type SubmittedAudit } from '@wxa/audits';
import { storable, wokenByAudits } from '@wxa/postgres';
import type { ClientBase } from 'pg';

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
