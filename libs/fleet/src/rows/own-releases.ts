import { type Publisher, writeOutbox } from '@wxa/postgres/outbox';
import type { ClientBase } from 'pg';
import { requestMember, templateOf } from './committed.js';
import { released } from './events.js';
import { computeAgain } from './keep-reads.js';

/** An operation of this service that changed what users run, or who can run it. */
interface OwnRelease {
  id: string;
  appid: string;
  method: string;
  rolloutId: string | null;
  /** Of the approved audit; null if it is not known. */
  version: string | null;
  /** Whether a revert has taken back the version that is known to be live. */
  revertsLive: boolean;
  template: string | null;
  percentage: number;
  /** What ChangeVisitStatus or SetSupportVersion has set. */
  value: string | null;
  before: string | null;
  at: Date;
}

const READ = `
select o.id, o.appid, o.method, o.rollout_id as "rolloutId", v.version, ${templateOf('o.appid', 'v.version')} as template,
  coalesce(${requestMember('o.request', 'percentage')}, '0')::int as percentage,
  coalesce(${requestMember('o.request', 'status')}, ${requestMember('o.request', 'version')}) as value, m.live_version as before,
  coalesce(o.method = 'RevertRelease' and m.live_version = coalesce(nullif(${requestMember('o.request', 'expectedUserVersion')}, ''),
    m.live_version), false) as "revertsLive",
  clock_timestamp() as at
from operations o join mini_programs m using (appid) cross join lateral (
  select coalesce(nullif(${requestMember('o.request', 'expectedUserVersion')}, ''), (select nullif(user_version, '') from (
    select user_version, state from audits where appid = o.appid order by submitted_at desc limit 1) a
    where state = 'APPROVED')) as version) v
where o.id = any($1) order by o.appid for update of m`;

const KEEP = `
update mini_programs set live_version = $2, live_template = $3, live_at = $4, live_source = 'OWN', gray_percent = 0,
  updated_at = clock_timestamp() where appid = $1`;

const SET = (column: string) => `
update mini_programs set ${column} = $2, set_at = clock_timestamp(), updated_at = clock_timestamp() where appid = $1`;

/** How the changes that bring no other version are stored, with the value of each. */
const OTHERS: Record<string, [statement: string, value: (of: OwnRelease) => unknown]> = {
  GrayRelease: [SET('gray_percent'), ({ percentage }) => percentage],
  RevertGrayRelease: [SET('gray_percent'), () => 0],
  ChangeVisitStatus: [SET('visit_status'), ({ value }) => value?.replace('VISIT_STATUS_', '')],
  SetSupportVersion: [SET('support_version'), ({ value }) => value],
};

const LOOK = `
update mini_programs set versions_due_at = clock_timestamp(), updated_at = clock_timestamp(),
  gray_percent = case when $4 then 0 else gray_percent end,
  live_source = case when $2 then 'REVERTED' else live_source end, live_at = case when $2 then $3 else live_at end
where appid = $1`;

/**
 * Stores what changes of the live version by this service have set, in the transaction that ends them. If the version that
 * one made live is not known, as after a revert, it is read at once.
 */
export async function keepOwnReleases(
  client: ClientBase,
  { writer }: Publisher,
  operationIds: string[],
): Promise<void> {
  const { rows } = await client.query<OwnRelease>({
    ...{ name: 'own-releases', text: READ, values: [operationIds] },
  });
  for (const row of rows) await keepOwn(client, writer, row);
}

async function keepOwn(client: ClientBase, writer: Publisher['writer'], row: OwnRelease): Promise<void> {
  const { appid, method, version, template, at, rolloutId } = row;
  const other = OTHERS[method];
  if (other !== undefined) {
    const [statement, value] = other;
    await client.query(statement, [appid, value(row)]);
    return;
  }
  if (method !== 'Release' || version === null) {
    await client.query(LOOK, [appid, row.revertsLive, at, method === 'Release']);
    return;
  }
  await client.query(KEEP, [appid, version, template, at]);
  const isFirst = row.before === null;
  if (isFirst) await computeAgain(client, appid);
  const event = released({ appid, at, writer }, { version, template, at, rolloutId, isFirst });
  await writeOutbox(client, writer, [event]);
}
