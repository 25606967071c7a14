import type { Pool } from 'pg';
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
