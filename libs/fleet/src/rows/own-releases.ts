import { type Publisher, writeOutbox } from '@wxa/postgres';
import type { ClientBase } from 'pg';
import { memberOf, templateOf } from './committed.js';
import { released } from './events.js';

/** An operation of this service that changed what users run. */
interface OwnRelease {
  id: string;
  appid: string;
  method: string;
  rolloutId: string | null;
  /** Of the approved audit; null if it is not known. */
  version: string | null;
  template: string | null;
  percentage: number;
  before: string | null;
  at: Date;
}

const READ = `
select o.id, o.appid, o.method, o.rollout_id as "rolloutId", v.version, ${templateOf('o.appid', 'v.version')} as template,
  coalesce(${memberOf('o.request', 'percentage')}, '0')::int as percentage, m.live_version as before, clock_timestamp() as at
from operations o join mini_programs m using (appid) cross join lateral (
  select coalesce(nullif(${memberOf('o.request', 'expectedUserVersion')}, ''), (select nullif(user_version, '') from (
    select user_version, state from audits where appid = o.appid order by submitted_at desc limit 1) a
    where state = 'APPROVED')) as version) v
where o.id = any($1) order by o.appid for update of m`;

const KEEP = `
update mini_programs set live_version = $2, live_template = $3, live_at = $4, live_source = 'OWN', gray_percent = 0,
  updated_at = clock_timestamp() where appid = $1`;

const GRAY = `
update mini_programs set gray_percent = $2, updated_at = clock_timestamp() where appid = $1`;

const LOOK = `
update mini_programs set versions_due_at = clock_timestamp(), updated_at = clock_timestamp() where appid = $1`;

/**
 * Stores what releases, reverts and gray releases of this service made live, in the transaction that ends them. If the version
 * is not known, it is read at once.
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
  const { appid, method, version, template, percentage, at, rolloutId } = row;
  if (method === 'GrayRelease' || method === 'RevertGrayRelease') {
    await client.query(GRAY, [appid, method === 'GrayRelease' ? percentage : 0]);
    return;
  }
  if (method !== 'Release' || version === null) {
    await client.query(LOOK, [appid]);
    return;
  }
  await client.query(KEEP, [appid, version, template, at]);
  const isFirst = row.before === null;
  const event = released({ appid, at, writer }, { version, template, at, rolloutId, isFirst });
  await writeOutbox(client, writer, [event]);
}
