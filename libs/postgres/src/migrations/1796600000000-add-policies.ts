import type { MigrationInterface, QueryRunner } from 'typeorm';

/** As in the migration that added it, and what else it deletes. It keeps its owner and its privileges. */
const deleteOldTrail = (schema: string, more: string) => `
  create or replace function delete_old_trail(age interval, at_once int) returns int
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
  declare deleted int;
  begin
    if age is null or age < interval '30 days' then
      raise exception 'rows of the trail are kept for at least 30 days' using errcode = 'invalid_parameter_value';
    end if;
    delete from ${schema}.trail where id = any(array(
      select id from ${schema}.trail where at < statement_timestamp() - age order by at limit at_once));
    get diagnostics deleted = row_count;
    ${more}
    return deleted;
  end $$`;

/** The texts of the policies that gateways loaded, which the application cannot change or delete. */
export class AddPolicies1796600000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table policies (
      sha256 text primary key,
      files json not null,
      loaded_at timestamptz not null default now()
    )`);
    const schema = await schemaOf(runner);
    const policies = `delete from ${schema}.policies where loaded_at < statement_timestamp() - age;`;
    await runner.query(deleteOldTrail(schema, policies));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(deleteOldTrail(await schemaOf(runner), ''));
    await runner.query('drop table policies');
  }
}

async function schemaOf(runner: QueryRunner): Promise<string> {
  const [row]: { schema: string }[] = await runner.query('select quote_ident(current_schema()) as schema');
  if (row === undefined) throw new Error('there is no current schema');
  return row.schema;
}
