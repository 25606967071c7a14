import { RolloutSpec } from '@wxa/contracts';
import type { ClientBase } from 'pg';
import { firstStepOf, withDefaults } from '../core/pipeline.js';
import type { StoredRollout } from '../core/rollout.js';
import { type WaveSize, waveSizes } from '../core/waves.js';
import { byHash } from './by-hash.js';

/**
 * Assigns the targets of a draft to its waves, and writes its waves and counts. The caller holds the lock of its row.
 * Explicit waves come first. Then each wave takes, in order, from the targets that no earlier one has taken. The last wave
 * also gets those that none has taken. Without waves by label only targets whose wave changes are written.
 */
export async function assignWaves(
  client: ClientBase,
  { id: rolloutId, rollbackOf, spec: json }: Pick<StoredRollout, 'id' | 'rollbackOf' | 'spec'>,
): Promise<void> {
  const spec = RolloutSpec.fromJSON(json);
  const step = firstStepOf(spec, rollbackOf !== null);
  const targets = await countFree(client, rolloutId);
  const sizes = waveSizes(withDefaults(spec).waves, targets);
  const parts = partsOf(sizes, targets);
  const isOnePart = parts.length === 1;
  await client.query(RESET, [rolloutId, step, isOnePart]);
  await byHash(client, async () => {
    for (const part of parts) {
      if ('label' in part) await client.query(BY_LABEL, [rolloutId, part.wave, part.label]);
      else await client.query(BY_POSITION, [rolloutId, isOnePart, part.waves, part.sizes]);
    }
  });
  await client.query(WRITE_WAVES, [rolloutId, sizes.length]);
  await client.query(WRITE_COUNTS, [rolloutId, step]);
  await client.query('update rollouts set waves_stale = false where id = $1', [rolloutId]);
}

/** Waves that follow each other and take by position, or one that takes by label. */
type Part = { wave: number; label: string } | { waves: number[]; sizes: number[] };

function partsOf(sizes: readonly WaveSize[], targets: number): Part[] {
  const parts: Part[] = [];
  const take = (wave: number, size: number) => {
    const before = parts.at(-1);
    if (before === undefined || 'label' in before) parts.push({ waves: [wave], sizes: [size] });
    else {
      before.waves.push(wave);
      before.sizes.push(size);
    }
  };
  for (const [i, size] of sizes.entries()) {
    if (size.by === 'label') parts.push({ wave: i + 1, label: size.label });
    else take(i + 1, size.by === 'rest' ? targets : Math.min(size.targets, targets));
  }
  take(sizes.length, targets);
  return parts;
}

/** How many targets have no explicit wave. */
async function countFree(client: ClientBase, rolloutId: string): Promise<number> {
  const { rows } = await client.query<{ free: number }>(
    'select count(*)::int as free from rollout_targets where rollout_id = $1 and wave_given = 0',
    [rolloutId],
  );
  return rows[0]?.free ?? 0;
}

// Several parts see by wave 0 what earlier ones have left. One part overwrites the wave of an earlier assignment.
const RESET = `
update rollout_targets set wave = wave_given, step = $2
where rollout_id = $1 and (step <> $2 or (wave <> wave_given and (wave_given > 0 or not $3)))`;

const BY_LABEL = `
update rollout_targets t set wave = $2 from authorizers a
where t.rollout_id = $1 and t.wave = 0 and a.appid = t.appid and a.labels @> array[$3::text]`;

// The nth free target belongs to the wave whose cumulative size includes n. Postgres takes a new rollout for a small one: it would
// compute the waves for each target, and look up those that stay.
const BY_POSITION = `
with free as materialized (
  select position, wave, row_number() over (order by position) as n
  from rollout_targets where rollout_id = $1 and wave_given = 0 and ($2 or wave = 0)
), waves as materialized (
  select wave, upto - size as after, upto from (
    select wave, size, (sum(size) over (order by ord))::bigint as upto
    from unnest($3::int[], $4::bigint[]) with ordinality as s(wave, size, ord)) s
), moved as materialized (
  select f.position, w.wave from free f join waves w on f.n > w.after and f.n <= w.upto and f.wave <> w.wave
)
update rollout_targets t set wave = m.wave from moved m where t.rollout_id = $1 and t.position = m.position`;

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
