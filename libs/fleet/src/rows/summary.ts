import { isLimited, type Visible, whereVisible } from '@wxa/postgres/lists';
import type { Pool } from 'pg';

/** How many mini-programs there are of each kind. */
export interface FleetCounts extends Record<'total' | 'notLive' | 'drifted', number> {
  versions: { version: string; count: number }[];
  /** `template`: null if it is not known. */
  templates: { template: string | null; count: number }[];
  /** Of those without a live version. `wait`: `item:party`. */
  waits: { wait: string; count: number }[];
  /** Empty unless asked for. */
  labels: LabelCounts[];
}

/** The mini-programs with a label. */
export interface LabelCounts {
  label: string;
  count: number;
  notLive: number;
  versions: { version: string; count: number }[];
}

/** Versions of each label. */
const MAX_VERSIONS = 10;

/** Rows of each list. */
const MAX_ROWS = 100;

/** Counts mini-programs, each part by one scan of an index. */
export async function countFleet(
  pool: Pool,
  { labels = [], byLabel = false, visible }: { labels?: string[]; byLabel?: boolean; visible?: Visible },
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
  // A template is known of live versions only. Those without one are what is left: no index tells them from those that are not live.
  const { rows } = await pool.query<FleetCounts & { withTemplate: number }>(
    `with by_template as materialized (select live_template, count(*)::int as count from mini_programs
        where live_template is not null ${seen} group by live_template)
      select ${number('true')} as total, (select coalesce(sum(count), 0)::int from by_template) as "withTemplate",
      ${number('live_version is null')} as "notLive", ${number('drifted')} as drifted,
      ${all(`select live_version as version, count(*)::int as count from mini_programs where live_version is not null ${seen}
        group by live_version order by count desc, live_version limit ${MAX_ROWS}`)} as versions,
      ${all(`select live_template::text as template, count from by_template order by count desc, live_template
        limit ${MAX_ROWS}`)} as templates,
      ${all(`select wait, count(*)::int as count from mini_programs, unnest(waits) wait
        where live_version is null and waits <> '{}' and wait like '%:%' ${seen} group by wait`)} as waits,
      ${byLabel ? all(ofLabels(seen)) : `'[]'::json`} as labels`,
    values,
  );
  const [counts] = rows;
  if (counts === undefined) throw new Error('Postgres returned no row');
  const { withTemplate, ...others } = counts;
  const unknown = { template: null, count: others.total - others.notLive - withTemplate };
  const templates = [...others.templates, ...(unknown.count > 0 ? [unknown] : [])];
  return { ...others, templates: templates.toSorted((a, b) => b.count - a.count).slice(0, MAX_ROWS) };
}

function ofLabels(seen: string): string {
  return `with counted as (
      select label, live_version as version, count(*)::int as count
      from mini_programs join authorizers using (appid), unnest(labels) label where true ${seen} group by 1, 2
    ), ranked as (
      select *, row_number() over (partition by label order by version is null, count desc, version) as rank from counted
    )
    select label, sum(count)::int as count, coalesce(sum(count) filter (where version is null), 0)::int as "notLive",
      coalesce(json_agg(json_build_object('version', version, 'count', count) order by rank)
        filter (where version is not null and rank <= ${MAX_VERSIONS}), '[]') as versions
    from ranked group by label order by count desc, label limit ${MAX_ROWS}`;
}

/** When the versions of that authorized mini-program were last read for which this is longest ago; undefined without any. */
export async function oldestRead(pool: Pool): Promise<Date | undefined> {
  const { rows } = await pool.query<{ at: Date | null }>(
    `select min(coalesce(versions_at, m.created_at)) as at from mini_programs m join authorizers a using (appid)
      where a.state = 'AUTHORIZED'`,
  );
  return rows[0]?.at ?? undefined;
}
