import type { ClientBase } from 'pg';

/** How a wave takes its targets from those without a wave, by position. */
export type WaveSize = { by: 'count'; targets: number } | { by: 'label'; label: string } | { by: 'rest' };

/** @param sizesOf the sizes of the waves in order, for a number of targets without an explicit wave. */
export interface WavesToAssign {
  /** Number of the first step, in which all targets are PENDING. */
  step: number;
  sizesOf(targets: number): readonly WaveSize[];
}

/**
 * Assigns the targets of a draft to its waves, and writes its waves and counts. The caller holds the lock of its row.
 * Explicit waves come first. Then each wave takes, in order, from the targets that no earlier one has taken. The last wave
 * also gets those that none has taken.
 */
export async function assignWaves(
  client: ClientBase,
  rolloutId: string,
  { step, sizesOf }: WavesToAssign,
): Promise<void> {
  const targets = await resetWaves(client, rolloutId, step);
  const sizes = sizesOf(targets);
  for (const part of partsOf(sizes, targets)) {
    if ('label' in part) await client.query(BY_LABEL, [rolloutId, step, part.wave, part.label]);
    else await client.query(BY_POSITION, [rolloutId, step, part.first, part.sizes]);
  }
  await client.query(WRITE_WAVES, [rolloutId, sizes.length]);
  await client.query(WRITE_COUNTS, [rolloutId, step]);
  await client.query('update rollouts set waves_stale = false where id = $1', [rolloutId]);
}

/** Waves that follow each other and take by position, or one that takes by label. */
type Part = { wave: number; label: string } | { first: number; sizes: number[] };

function partsOf(sizes: readonly WaveSize[], targets: number): Part[] {
  const parts: Part[] = [];
  for (const [i, size] of sizes.entries()) {
    const before = parts.at(-1);
    if (size.by === 'label') parts.push({ wave: i + 1, label: size.label });
    else if (before === undefined || 'label' in before)
      parts.push({ first: i + 1, sizes: [numberOf(size, targets)] });
    else before.sizes.push(numberOf(size, targets));
  }
  return [...parts, { first: sizes.length, sizes: [targets] }];
}

function numberOf(size: Exclude<WaveSize, { by: 'label' }>, targets: number): number {
  return size.by === 'rest' ? targets : Math.min(size.targets, targets);
}

async function resetWaves(client: ClientBase, rolloutId: string, step: number): Promise<number> {
  await client.query(
    'update rollout_targets set wave = wave_given, step = $2 where rollout_id = $1 and (wave <> wave_given or step <> $2)',
    [rolloutId, step],
  );
  const { rows } = await client.query<{ base: string }>(
    `select count(*) as base from rollout_targets t where ${UNASSIGNED}`,
    [rolloutId, step],
  );
  return Number(rows[0]?.base);
}

/** In the form of the index `rollout_targets_by_state`. */
const UNASSIGNED = `t.rollout_id = $1 and t.state = 'PENDING' and t.step = $2 and t.wave = 0`;

const BY_LABEL = `
update rollout_targets t set wave = $3
from authorizers a where ${UNASSIGNED} and a.appid = t.appid and a.labels @> array[$4::text]`;

// The nth unassigned target belongs to the wave whose cumulative size includes n.
const BY_POSITION = `
update rollout_targets t set wave = w.wave
from (
  select position, row_number() over (order by position) as n
  from (select position from rollout_targets t where ${UNASSIGNED} order by position
    limit (select sum(size) from unnest($4::bigint[]) size)) u
) u
join (
  select $3::int + ord - 1 as wave, sum(size) over (order by ord) - size as after, sum(size) over (order by ord) as upto
  from unnest($4::bigint[]) with ordinality as s(size, ord)
) w on u.n > w.after and u.n <= w.upto
where t.rollout_id = $1 and t.position = u.position`;

const WRITE_WAVES = `
with deleted as (delete from rollout_waves where rollout_id = $1 and wave > $2)
insert into rollout_waves (rollout_id, wave, targets)
select $1, w, coalesce(n, 0) from generate_series(1, $2::int) w
left join (select wave, count(*) as n from rollout_targets where rollout_id = $1 group by wave) t on t.wave = w
on conflict (rollout_id, wave) do update set targets = excluded.targets`;

const WRITE_COUNTS = `
with deleted as (
  delete from rollout_counts c where c.rollout_id = $1
    and not exists (select from rollout_waves w where w.rollout_id = $1 and w.wave = c.wave and c.step = $2)
)
insert into rollout_counts (rollout_id, wave, step, state, targets)
select rollout_id, wave, $2, 'PENDING', targets from rollout_waves where rollout_id = $1
on conflict (rollout_id, wave, step, state, waits_for) do update set targets = excluded.targets`;

/** Opens the gates of a type up to a wave. The caller holds the lock of the rollout's row and stores the new wave there. */
export async function openGates(
  client: ClientBase,
  rolloutId: string,
  { gate, upTo }: { gate: 'SUBMIT' | 'RELEASE'; upTo: number },
): Promise<void> {
  const column = gate === 'SUBMIT' ? 'submit_opened_at' : 'release_opened_at';
  await client.query(
    `update rollout_waves set ${column} = clock_timestamp() where rollout_id = $1 and wave <= $2 and ${column} is null`,
    [rolloutId, upTo],
  );
}
