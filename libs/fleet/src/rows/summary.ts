import { isLimited, type Visible, whereVisible } from '@wxa/postgres';
import type { Pool } from 'pg';

/** How many mini-programs there are of each kind. */
export interface FleetCounts {
  total: number;
  notLive: number;
  drifted: number;
  versions: { version: string; count: number }[];
  /** `template`: null if it is not known. */
  templates: { template: string | null; count: number }[];
  /** Of those without a live version. `wait`: `item:party`. */
  waits: { wait: string; count: number }[];
}

/** Rows of each list. */
const MAX_ROWS = 100;

/** Counts mini-programs, each part by one scan of an index. */
export async function countFleet(
  pool: Pool,
  { labels = [], visible }: { labels?: string[]; visible?: Visible },
): Promise<FleetCounts> {
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const labelled =
    labels.length === 0
      ? ''
      : `and appid in (
    select appid from authorizers where labels @> ${bind(labels)}::text[])`;
  const seen = `${isLimited(visible) ? `and ${whereVisible('appid', visible, bind)}` : ''} ${labelled}`;
  const all = (rows: string) => `(select coalesce(json_agg(r), '[]') from (${rows}) r)`;
  const number = (where: string) => `(select count(*)::int from mini_programs where ${where} ${seen})`;
  const { rows } = await pool.query<FleetCounts>(
    `select ${number('true')} as total, ${number('live_version is null')} as "notLive", ${number('drifted')} as drifted,
      ${all(`select live_version as version, count(*)::int as count from mini_programs where live_version is not null ${seen}
        group by live_version order by count desc, live_version limit ${MAX_ROWS}`)} as versions,
      ${all(`select live_template::text as template, count(*)::int as count from mini_programs
        where live_version is not null ${seen}
        group by live_template order by count desc, live_template limit ${MAX_ROWS}`)} as templates,
      ${all(`select wait, count(*)::int as count from mini_programs, unnest(waits) wait
        where live_version is null and waits <> '{}' and wait like '%:%' ${seen} group by wait`)} as waits`,
    values,
  );
  const [counts] = rows;
  if (counts === undefined) throw new Error('Postgres returned no row');
  return counts;
}

/** When the versions of that authorized mini-program were last read for which this is longest ago; undefined without any. */
export async function oldestRead(pool: Pool): Promise<Date | undefined> {
  const { rows } = await pool.query<{ at: Date | null }>(
    `select min(coalesce(versions_at, m.created_at)) as at from mini_programs m join authorizers a using (appid)
      where a.state = 'AUTHORIZED'`,
  );
  return rows[0]?.at ?? undefined;
}
