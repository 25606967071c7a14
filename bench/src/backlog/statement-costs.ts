import type { Sql } from '../sql.js';
import type { StatementCost } from './result.js';

/** The statements of an operation's way, by what only their text has; constants are replaced in it. */
const KINDS = {
  accept: 'request::json, created_at',
  claim: 'claim_number = j.wanted_number',
  settle: 'i.starts_anew and not o.may_have_acted',
  delay: 'backlog = l.wanted',
  promote: 'partition = coalesce(partition, (',
  load: 'select t.id from taken t',
} as const;

export type Kind = keyof typeof KINDS | 'other';
export type Costs = Record<Kind, StatementCost>;

interface Row {
  query: string;
  calls: number;
  rows: number;
  ms: number;
  walBytes: number;
}

const READ = `
select query, calls::float8, rows::float8, total_exec_time + total_plan_time as ms, wal_bytes::float8 as "walBytes"
from pg_stat_statements s join pg_database d on d.oid = s.dbid where d.datname = current_database()`;

/** What each kind of statement took since the last reset, all calls together; and begins again. */
export async function statementCosts(sql: Sql): Promise<Costs> {
  const rows = await sql<Row>(READ);
  await sql('select pg_stat_statements_reset()');
  const kinds = [...Object.keys(KINDS), 'other'] as Kind[];
  return Object.fromEntries(
    kinds.map((kind) => [kind, totalOf(rows.filter(({ query }) => kindOf(query) === kind))]),
  ) as Costs;
}

function kindOf(query: string): Kind {
  const found = Object.entries(KINDS).find(([, text]) => query.includes(text));
  return found === undefined ? 'other' : (found[0] as Kind);
}

function totalOf(rows: Row[]): StatementCost {
  const total = (key: 'calls' | 'rows' | 'ms' | 'walBytes') =>
    Math.round(rows.reduce((all, row) => all + row[key], 0));
  return { calls: total('calls'), rows: total('rows'), ms: total('ms'), walBytes: total('walBytes') };
}
