import type { Sql } from '../load/sql.js';

/** Operations by state; FAILED and CANCELLED with the category of their error. */
export function countByState(sql: Sql): Promise<Record<string, number>> {
  return counts(
    sql,
    `case when state in ('FAILED', 'CANCELLED') then state || ' ' || coalesce(error->>'category', '') else state end`,
  );
}

/** Operations that wait in Postgres or were loaded from there, by the reason of waiting. */
export function countWaiting(sql: Sql): Promise<Record<string, number>> {
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
