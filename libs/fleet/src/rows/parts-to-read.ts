import type { ClientBase, Pool } from 'pg';
import type { Part } from '../core/observation.js';
import { partsOf } from '../core/parts.js';
import type { Known } from './keep-reads.js';

const READ = `
select m.live_version is not null as "isLive", m.live_version is not null
  or exists (select from operations o where o.appid = $1 and o.method = 'Commit' and o.state = 'SUCCEEDED') as "hasCode"
from (values ($1)) one(appid) left join mini_programs m using (appid)`;

/** The parts on which the readiness of a mini-program depends now. */
export async function partsToRead(pool: Pool, appid: string, { settings }: Known): Promise<Part[]> {
  const { rows } = await pool.query<{ isLive: boolean; hasCode: boolean }>({
    ...{ name: 'parts-to-read', text: READ, values: [appid] },
  });
  return partsOf({ settings, ...(rows[0] ?? { isLive: false, hasCode: false }) });
}

// `due_parts` is null for a scheduled read of all parts, and empty for a requested one: both stay if they are due already.
const LOOK = `
update mini_programs set due_at = least(due_at, greatest(clock_timestamp(), read_at + interval '1 minute')),
  due_parts = case when due_parts = '{}' or due_parts is null and due_at <= clock_timestamp() then due_parts
    else due_parts || $2::text end, updated_at = clock_timestamp()
where appid = $1 and not coalesce(due_parts @> array[$2::text], false)`;

/** WeChat reported that something has changed: that part is read, at most once a minute. */
export async function readPartOf(on: Pool | ClientBase, appid: string, part: string): Promise<void> {
  await on.query({ name: 'read-part-of', text: LOOK, values: [appid, part] });
}
