import type { QueryRunner } from 'typeorm';

const BACKFILL_ROWS = 5_000;

/**
 * Fills a new column of existing rows, at most 5,000 per transaction, in the order of a key. For a migration of its own, after
 * that of the column, with `transaction = false`. It can be interrupted and run again.
 * @param rows `key`: a column with a unique index; `set`: as in `kind = 'x'`; `where`: true for rows that are not filled yet.
 * @returns how many rows it filled.
 */
export async function backfill(
  runner: QueryRunner,
  { table, key, set, where }: { table: string; key: string; set: string; where: string },
): Promise<number> {
  const batch = (after: string) => `
    with batch as materialized (select ${key} from ${table} where ${after} (${where}) order by ${key} limit ${BACKFILL_ROWS}),
    filled as (update ${table} set ${set} where ${key} = any(array(select ${key} from batch)))
    select (select count(*)::int from batch) as rows, ${key}::text as last from batch order by ${key} desc limit 1`;
  let filled = 0;
  let [done]: { rows: number; last: string }[] = await runner.query(batch(''));
  while (done !== undefined) {
    filled += done.rows;
    [done] = await runner.query(batch(`${key} > $1 and`), [done.last]);
  }
  return filled;
}
