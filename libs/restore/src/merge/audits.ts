import {
  lockAudits,
  matchDeferred,
  type NewAudit,
  openSubmitted,
  withDeferredCallbacks,
  wokenByAudits,
} from '@wxa/audits';
import { auditEvents, TOPICS } from '@wxa/contracts';
import { askStatus, statusQueriesOf } from '@wxa/operations';
import { columns, isUnavailable, storable } from '@wxa/postgres';
import type { Publisher } from '@wxa/postgres/outbox';
import { parseReasons } from '@wxa/wxa-client';
import type { ClientBase } from 'pg';
import { eachPage, NIL_UUID } from '../session/each-page.js';
import type { RestoreTools } from '../session/report.js';
import { RestoreRefusedError } from '../session/restore-session.js';
import { type PublishedAudit, publishedAudit, publishedEnd, submittedOf } from '../stage/published.js';
import { lastStaged, stagedOn } from '../stage/staged-events.js';
import { WRITER } from './outcomes.js';

/** Opens the audits of restored SubmitAudits and ends those whose end was published. */
export async function restoreAudits(tools: RestoreTools): Promise<void> {
  const { counts } = tools.report;
  await eachPage(tools, 'audits', lastStaged('OperationCompleted'), async (client, events) => {
    const ends = events.flatMap((event) => publishedEnd(event) ?? []);
    counts.audits += await openAudits(client, ends.flatMap(submittedOf));
  });
  await eachPage(tools, 'audit events', stagedOn(TOPICS.audits), async (client, events) => {
    const published = events.flatMap((event) => publishedAudit(event) ?? []);
    counts.audits += await applyPublishedAudits(client, published);
  });
}

const WITHOUT_AUDIT = `
select o.id from operations o where o.id = any($1::uuid[]) and o.state = 'SUCCEEDED'
  and not exists (select from audits a where a.operation_id = o.id)`;

/** Opens the audits that are not in Postgres, unlike their operation. Returns how many. */
export async function openAudits(client: ClientBase, audits: NewAudit[]): Promise<number> {
  if (audits.length === 0) return 0;
  await lockAudits(
    client,
    audits.map(({ appid }) => appid),
  );
  const ids = audits.map((audit) => audit.operationId);
  const { rows } = await client.query<{ id: string }>(WITHOUT_AUDIT, [ids]);
  const missing = audits.filter((audit) => rows.some(({ id }) => id === audit.operationId));
  await openSubmitted(client, missing);
  return missing.length;
}

const PUBLISHED = columns<PublishedAudit>({
  operationId: 'uuid',
  appid: 'text',
  originalId: 'text',
  state: 'text',
  decidedAt: 'timestamptz',
  source: 'text',
  value: 'text',
  reason: 'text',
  screenshots: 'json',
});

const SET_REASON = `reason = i.reason, screenshots = array(select json_array_elements_text(i.screenshots::json))`;

const APPLY = `
with input as (
  select * from ${PUBLISHED.rows('i', 1)}
), named as (
  insert into original_ids (appid, original_id)
  select distinct on (appid) appid, original_id from input where original_id <> '' on conflict (appid) do nothing
), delayed as (
  update audits a set delayed_at = i.decided_at, ${SET_REASON} from input i
  where a.operation_id = i.operation_id and i.state = 'DELAYED' and a.delayed_at is null
    -- A statement updates a row once.
    and not exists (select from input e where e.operation_id = a.operation_id and e.state <> 'DELAYED')
), ended as (
  update audits a set state = i.state, decided_at = i.decided_at, source = i.source, decided_event = i.value::json,
    ${SET_REASON}, delayed_at = coalesce(a.delayed_at,
      (select min(d.decided_at) from input d where d.operation_id = a.operation_id and d.state = 'DELAYED'))
  from input i where a.operation_id = i.operation_id and i.state <> 'DELAYED' and a.state = 'OPEN'
  returning a.rollout_id, a.appid
), ${wokenByAudits('ended')}
select from ended`;

/** Ends or delays open audits as published, without an event. Returns how many ended. */
export async function applyPublishedAudits(client: ClientBase, audits: PublishedAudit[]): Promise<number> {
  if (audits.length === 0) return 0;
  await lockAudits(
    client,
    audits.map(({ appid }) => appid),
  );
  const storableOnes = audits.map((audit) => ({
    ...{ ...audit, reason: storable(audit.reason), screenshots: audit.screenshots.map(storable) },
  }));
  const { rowCount } = await client.query(APPLY, PUBLISHED.values(storableOnes));
  return rowCount ?? 0;
}

/**
 * Matches deferred callbacks, after the restore has finished. A worker matches what is left when it starts, so it is no failure
 * if one has started meanwhile or Postgres is unavailable. While Postgres counts as behind, callbacks without an
 * audit would be deferred again.
 */
export function matchCallbacks(tools: RestoreTools): Promise<void> {
  const made: Publisher = {
    ...{ writer: WRITER, replica: NIL_UUID, floor: { id: '0' } },
    ...{ toEvent: auditEvents(parseReasons), toStatusQuery: statusQueriesOf(WRITER) },
  };
  const publisher = { ...made, ...askStatus(made) };
  const withCallbacks = (client: ClientBase, last = '') => withDeferredCallbacks(client, last);
  const match = (client: ClientBase, appids: string[]) => matchDeferred(client, publisher, appids);
  return eachPage(tools, 'callbacks', withCallbacks, match).catch((error: unknown) => {
    if (!(error instanceof RestoreRefusedError || isUnavailable(error))) throw error;
  });
}
