import type { ClientBase } from 'pg';
import type { TargetFilter } from '../core/messages/filter-of.js';
import { conditionsOf } from '../rows/stored-target.js';
import { byHash } from './by-hash.js';

/** A mini-program to add to a draft, with its overrides. */
export interface NewTarget {
  appid: string;
  /** JSON text of a merge patch; null for none. */
  extPatch: string | null;
  /** Proto3 JSON text of its own audit items; null for none. */
  items: string | null;
  /** 0: the sizes of the waves decide. */
  wave: number;
}

// Existing ones keep their position. Two entries of one statement cannot have the same appid. Postgres takes a new rollout for a
// small one: without lookups by appid and position it would read all of it in each call.
const ADD = `
with given as materialized (
  select *, (select position from rollout_targets where appid = g.appid and rollout_id = $1 limit 1) as position
  from unnest($3::text[], $4::text[], $5::text[], $6::smallint[]) with ordinality
    as g(appid, ext_patch, items, wave, ord)
), changed as (
  update rollout_targets t set ext_patch = g.ext_patch::json, items = g.items::json, wave_given = g.wave,
    updated_at = clock_timestamp()
  from given g where t.rollout_id = $1 and t.position = any(array(select position from given)) and t.position = g.position
  returning t.appid
), added as (
  insert into rollout_targets (rollout_id, position, appid, step, ext_patch, items, wave_given, completions, updated_at)
  select $1, (select coalesce(max(position), 0) from rollout_targets where rollout_id = $1)
    + row_number() over (order by ord), appid, $2, ext_patch::json, items::json, wave,
    (select completions_floor from rollouts where id = $1), clock_timestamp()
  from given g where position is null
  returning 1
)
select (select count(*) from added)::int as added`;

/** Adds targets to a draft whose row is locked; ones that it has already get the new overrides. Returns how many are new. */
export async function addTargets(
  client: ClientBase,
  rolloutId: string,
  step: number,
  targets: readonly NewTarget[],
): Promise<number> {
  const values = [
    ...[rolloutId, step],
    targets.map(({ appid }) => appid),
    targets.map(({ extPatch }) => extPatch),
    targets.map(({ items }) => items),
    targets.map(({ wave }) => wave),
  ];
  const { rows } = await byHash(client, () => client.query<{ added: number }>(ADD, values));
  return rows[0]?.added ?? 0;
}

/** Removes targets from a draft whose row is locked. Returns how many. */
export async function removeTargets(
  client: ClientBase,
  rolloutId: string,
  filter: TargetFilter,
): Promise<number> {
  const values: unknown[] = [rolloutId];
  const conditions = conditionsOf(filter, (value) => `$${values.push(value)}`);
  const { rowCount } = await client.query(
    `delete from rollout_targets t where ${['t.rollout_id = $1', ...conditions].join(' and ')}`,
    values,
  );
  return rowCount ?? 0;
}

/** Cancels the targets of a draft whose row is locked. */
export async function cancelDraftTargets(client: ClientBase, rolloutId: string): Promise<void> {
  await client.query(
    `update rollout_targets set state = 'CANCELLED', completions = 1, updated_at = clock_timestamp() where rollout_id = $1`,
    [rolloutId],
  );
  await client.query(`update rollout_counts set state = 'CANCELLED' where rollout_id = $1`, [rolloutId]);
}

/** Moves the targets of a draft whose row is locked to another first step. */
export async function moveToStep(client: ClientBase, rolloutId: string, step: number): Promise<void> {
  await client.query('update rollout_targets set step = $2 where rollout_id = $1 and step <> $2', [
    rolloutId,
    step,
  ]);
}

/** The size of all merge patches of a draft whose row is locked. */
export async function patchBytes(client: ClientBase, rolloutId: string): Promise<number> {
  const { rows } = await client.query<{ bytes: string | null }>(
    'select sum(octet_length(ext_patch::text)) as bytes from rollout_targets where rollout_id = $1',
    [rolloutId],
  );
  return Number(rows[0]?.bytes ?? 0);
}

/** The highest wave that a target of a draft was added with; 0 for none. */
export async function highestWave(client: ClientBase, rolloutId: string): Promise<number> {
  const { rows } = await client.query<{ wave: number | null }>(
    'select max(wave_given) as wave from rollout_targets where rollout_id = $1',
    [rolloutId],
  );
  return rows[0]?.wave ?? 0;
}
