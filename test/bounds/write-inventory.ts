import { eventually } from '../eventually.js';

/** The appid of a row, as SQL of its number `i`. */
const APPID = `'wx' || lpad(to_hex(i), 16, '0')`;

const statementsOf = (miniPrograms: number): string[] => [
  `insert into authorizers (appid, state, permission_sets, labels)
   select ${APPID}, case when i % 1000 = 0 then 'UNAUTHORIZED' else 'AUTHORIZED' end, '{18}',
     case when i % 100 = 0 then array['pilot'] else '{}' end from generate_series(1, ${miniPrograms}) i`,
  `insert into mini_programs (appid, live_version, live_template, live_at, live_source, waits, drifted, versions_at,
     due_at, versions_due_at, computed_at)
   select ${APPID}, case when i % 50 > 0 then '1.' || i % 7 end, case when i % 50 > 0 then i % 7 end, now(), 'OWN',
     case when i % 50 = 0 then array['FILING', 'OWNER', 'FILING:OWNER'] else '{}' end, i % 200 = 0, now(),
     now() + interval '7 days', now() + interval '1 day', now() from generate_series(1, ${miniPrograms}) i`,
];

const NOT_VISIBLE = `select from pg_class where relname in ('mini_programs', 'authorizers') and relallvisible < relpages`;

/**
 * Writes an inventory of mini-programs that are read in a week and whose versions are read tomorrow. One in 50
 * waits for its filing and has no live version, one in 100 has the label `pilot`, one in 200 has drifted, and one in 1,000 has
 * withdrawn its authorization.
 */
export async function writeInventory(sql: Sql, miniPrograms: number): Promise<void> {
  for (const text of statementsOf(miniPrograms)) await sql(text);
  // An autovacuum that runs meanwhile may see a time at which the rows were not there: then indexes alone do not answer.
  await eventually(async () => {
    await sql('vacuum analyze');
    return (await sql(NOT_VISIBLE)).length === 0;
  });
}

type Sql = (text: string) => Promise<unknown[]>;
