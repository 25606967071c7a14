import type { Pool } from 'pg';

/** Who uses a template. */
export interface TemplateUse {
  template: string;
  /** Mini-programs whose live version is of it. */
  live: number;
  /** Rollouts that have begun and not ended, the newest first. */
  rolloutIds: string[];
}

const MAX_ROLLOUTS = 20;

// Both parts are found by an index: of live versions, and of the few rollouts that live.
const USE = `
select t.template, (select count(*)::int from mini_programs where live_template = t.template::bigint) as live,
  array(select r.id::text from rollouts r where r.state in ('RUNNING', 'PAUSED', 'CANCELLING')
    and coalesce(r.spec ->> 'templateId', '0') = t.template order by r.id desc limit ${MAX_ROLLOUTS}) as "rolloutIds"
from unnest($1::text[]) t(template)`;

/** Who uses each of some templates. */
export async function templateUse(pool: Pool, templates: string[]): Promise<TemplateUse[]> {
  const { rows } = await pool.query<TemplateUse>({ name: 'template-use', text: USE, values: [templates] });
  return rows;
}
