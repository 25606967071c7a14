import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The shortest age at which rows of the trail may be deleted. */
const MIN_AGE = '30 days';

/**
 * The function runs with the rights of its owner, so it names its tables with their schema and reads no search path. If it exists, it
 * keeps its owner and its privileges.
 * @param more what else it deletes.
 */
export const deleteOldTrail = (schema: string, more = '') =>
  `create or replace function delete_old_trail(age interval, at_once int) returns int
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
    declare deleted int;
    begin
      if age is null or age < interval '${MIN_AGE}' then
        raise exception 'rows of the trail are kept for at least ${MIN_AGE}' using errcode = 'invalid_parameter_value';
      end if;
      delete from ${schema}.trail where id = any(array(
        select id from ${schema}.trail where at < statement_timestamp() - age order by at limit at_once));
      get diagnostics deleted = row_count;
      ${more}
      return deleted;
    end $$`;

const statements = (schema: string) => [
  // Null for operations from before, and for those accepted without a policy.
  `alter table operations add column accepted_by text, add column on_behalf_of text`,

  // The application may only select and insert. Rows are deleted by `delete_old_trail`.
  `create table trail (
    id uuid primary key,
    at timestamptz not null default now(),
    caller text,
    on_behalf_of text,
    peer text,
    action text not null,
    appid text,
    operation_id uuid,
    detail json not null
  )`,
  `create index trail_by_age on trail (at)`,
  `create index trail_by_operation on trail (operation_id)`,
  deleteOldTrail(schema),
  `revoke all on function delete_old_trail(interval, int) from public`,

  `create table caller_usage (
    caller text primary key,
    unfinished bigint not null,
    upload_bytes bigint not null,
    counted_at timestamptz not null
  )`,
];

/** The audit trail, who accepted an operation, and what callers have in progress. */
export class AddTrailAndCallerUsage1795651200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements(await schemaOf(runner))) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop function delete_old_trail(interval, int)`);
    await runner.query(`drop table trail, caller_usage`);
    await runner.query(`alter table operations drop column accepted_by, drop column on_behalf_of`);
  }
}

/** The current schema, quoted. */
export async function schemaOf(runner: QueryRunner): Promise<string> {
  const [row]: { schema: string }[] = await runner.query('select quote_ident(current_schema()) as schema');
  if (row === undefined) throw new Error('there is no current schema');
  return row.schema;
}
