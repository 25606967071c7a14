import { transaction } from '@wxa/postgres';
import type { Pool, QueryConfig } from 'pg';
import { type Part, type SeenAnswer, valueIn } from '../core/observation.js';

/** A read that is due. No parts: all that readiness depends on. */
export interface DueRead {
  appid: string;
  parts: Part[];
}

/** Asks for the reads that were taken. */
type Ask = (due: DueRead[]) => Promise<unknown>;

/** A read whose result is not stored, for example because its worker was lost, is repeated after this time. */
const REPEAT = `interval '10 minutes'`;

// An unfinished read may last as long as an outage: another one would only queue behind it. What is due waits, and is not forgotten.
const STATE = `a.state = 'AUTHORIZED' as "isAuthorized", a.state = 'AUTHORIZED' and exists (
  select from operations o where o.appid = m.appid and not o.is_change
  and o.method = 'RefreshMiniProgram' and o.ended_at is null) as "isReading"`;
const LATER = `clock_timestamp() + interval '1 minute'`;
// What has lost its authorization cannot be read: the sweep applies the rules to it, as `computedBefore` returns it.
const COMPUTED = `computed_at = case when "isAuthorized" then computed_at else '-infinity' end`;
const TAKEN = `select appid, parts from taken where "isAuthorized" and not "isReading"`;

// Not clock_timestamp(): only a value that is constant during a statement can be looked up in an index.
const TAKE = `
with due as materialized (
  select m.appid, m.due_parts, ${STATE} from mini_programs m join authorizers a using (appid)
  where m.due_at <= statement_timestamp() and a.code is null order by m.due_at limit $1 for update of m skip locked
), taken as (
  update mini_programs m set
    due_at = case when "isReading" then ${LATER} when "isAuthorized" then clock_timestamp() + ${REPEAT} end,
    due_parts = case when "isReading" then m.due_parts end,
    read_at = case when "isReading" then m.read_at else clock_timestamp() end, ${COMPUTED}
  from due where m.appid = due.appid
  returning m.appid, coalesce(due.due_parts, '{}') as parts, "isAuthorized", "isReading"
) ${TAKEN}`;

/**
 * Takes mini-programs whose readiness is due, the longest waiting first. Another process takes none of them. One whose code
 * is not exchanged yet waits: WeChat may reject it. All stay due if their process is lost before `ask` has asked for them.
 */
export function takeDue(pool: Pool, limit: number, ask: Ask): Promise<DueRead[]> {
  return take(pool, { name: 'take-due-reads', text: TAKE, values: [limit] }, ask);
}

function take(pool: Pool, statement: QueryConfig, ask: Ask): Promise<DueRead[]> {
  return transaction(pool, async (client) => {
    const { rows } = await client.query<DueRead>(statement);
    await ask(rows);
    return rows;
  });
}

const TAKE_VERSIONS = `
with due as materialized (
  select m.appid, ${STATE} from mini_programs m join authorizers a using (appid)
  where m.versions_due_at <= statement_timestamp() order by m.versions_due_at limit $1 for update of m skip locked
), taken as (
  update mini_programs m set versions_due_at = case when "isReading" then ${LATER}
    when "isAuthorized" then clock_timestamp() + ${REPEAT} else clock_timestamp() + interval '1 day' end, ${COMPUTED}
  from due where m.appid = due.appid
  returning m.appid, array['VERSIONS'] as parts, "isAuthorized", "isReading"
) ${TAKEN}`;

/** Takes mini-programs whose versions are due, as `takeDue`: once a day, and after an own release of a version that is not known. */
export function takeVersionsDue(pool: Pool, limit: number, ask: Ask): Promise<DueRead[]> {
  return take(pool, { name: 'take-versions-due', text: TAKE_VERSIONS, values: [limit] }, ask);
}

// All mini-programs of an upgrade are missing at first: their reads are spread over a week, those of versions over a day.
const INSERT = `
insert into mini_programs (appid, due_at, versions_due_at)
select appid, clock_timestamp() + random() * interval '7 days', clock_timestamp() + random() * interval '1 day'
from authorizers a where not exists (select from mini_programs m where m.appid = a.appid) limit $1
on conflict do nothing`;

/** Adds authorizers that are missing: those of an upgrade, or that a process of version 0.2.0 has added. Returns how many. */
export async function addMissing(pool: Pool, limit: number): Promise<number> {
  const { rowCount } = await pool.query(INSERT, [limit]);
  return rowCount ?? 0;
}

// Of a few layers, in the order of the key; a layer of one mini-program marks its row, whether there are others or not.
const SETTINGS_CHANGED = `(
  select greatest((select max(created_at) from settings_versions where scope >= 'LABEL:' and scope <= 'PLATFORM'),
    (select changed_at from platform_domains), 'epoch'))`;

const STALE = `select appid from mini_programs where computed_at < ${SETTINGS_CHANGED} order by computed_at limit $1`;

/** Mini-programs to which the rules were last applied before a layer of labels or of the platform, or the platform's domains changed. */
export async function computedBefore(pool: Pool, limit: number): Promise<string[]> {
  const { rows } = await pool.query<{ appid: string }>({
    name: 'computed-before',
    text: STALE,
    values: [limit],
  });
  return rows.map(({ appid }) => appid);
}

// Not `exists`: for that Postgres may scan the table, where it expects to find a row soon.
const isFirst = (column: string, condition: string) =>
  `coalesce((select min(${column}) from mini_programs where ${column} is not null) ${condition}, false)`;

const LOOK = `
select ${isFirst('computed_at', `< ${SETTINGS_CHANGED}`)} as "isStale",
  ${isFirst('due_at', '<= statement_timestamp()')} as "isDue",
  ${isFirst('versions_due_at', '<= statement_timestamp()')} as "areVersionsDue"`;

/** What there may be to do: for `computedBefore`, for `takeDue` and for `takeVersionsDue`. */
export interface FleetWork {
  isStale: boolean;
  isDue: boolean;
  areVersionsDue: boolean;
}

/** Looks for work in one statement, because there is none most of the time. */
export async function lookForWork(pool: Pool): Promise<FleetWork> {
  const { rows } = await pool.query<FleetWork>({ name: 'look-for-fleet-work', text: LOOK });
  return rows[0] as FleetWork;
}

const ANOTHER = `select from mini_programs where appid = $1 and (live_version is distinct from $2
  or versions_at is null or versions_at < clock_timestamp() - interval '1 hour')`;

/** Whether a live version is news of a mini-program that is known here, or its last read is long ago. */
export async function showsAnother(pool: Pool, appid: string, version: string | undefined): Promise<boolean> {
  const { rowCount } = await pool.query({
    ...{ name: 'shows-another-version', text: ANOTHER, values: [appid, version ?? null] },
  });
  return rowCount === 1;
}

const REFUSED = `select from mini_programs where appid = $1 and observed #> '{REFUSED,value,domains,0}' is not null`;

/** Whether WeChat refused a domain when the domains were last set. */
export async function showsRefused(pool: Pool, appid: string): Promise<boolean> {
  const { rowCount } = await pool.query({ name: 'shows-refused-domains', text: REFUSED, values: [appid] });
  return rowCount === 1;
}

// The column is json, which keeps the text.
const SHOWN = `select from mini_programs where appid = $1 and (observed -> $2 -> 'value')::text = $3`;

/** Whether the last read of a part has shown the same. */
export async function isShown(pool: Pool, appid: string, seen: SeenAnswer): Promise<boolean> {
  const values = [appid, seen.part, JSON.stringify(valueIn(seen))];
  const { rowCount } = await pool.query({ name: 'is-shown', text: SHOWN, values });
  return rowCount === 1;
}
