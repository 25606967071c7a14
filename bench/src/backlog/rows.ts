import type { Sql } from '../load/sql.js';

/** The number of operations by state, with the category of those that did not succeed. */
export function statesIn(sql: Sql): Promise<Record<string, number>> {
  return counts(
    sql,
    `case when state in ('FAILED', 'CANCELLED') then state || ' ' || coalesce(error->>'category', '') else state end`,
  );
}

/** How many operations wait in Postgres, by what for, and how many were loaded from there. */
export function waitingIn(sql: Sql): Promise<Record<string, number>> {
  return counts(
    sql,
    `coalesce(backlog, case when blocked_by is null then 'time' else 'change' end)`,
    'where parked or backlog is not null',
  );
}

async function counts(sql: Sql, key: string, where = ''): Promise<Record<string, number>> {
  const rows = await sql<{ key: string; n: number }>(
    `select ${key} as key, count(*)::int as n from operations ${where} group by 1 order by 1`,
  );
  return Object.fromEntries(rows.map(({ key: name, n }) => [name, n]));
}
