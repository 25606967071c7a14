import { randomUUID } from 'node:crypto';
import { writeHistory } from '@wxa/bench';
import { RolloutSpec } from '@wxa/contracts';
import { specOf } from '../rollouts/rollout-steps.js';
import type { World } from '../world.js';

const ROLLOUT = `
insert into rollouts (id, caller, request_id, request_hash, spec, state, targets, waves_stale, submit_wave, release_wave,
  submissions, last_seq, last_turn_at, created_at, started_at, ended_at, updated_at, pause_cause, pause_detail)
values ($1::uuid, '', $1::uuid::text, '', $2::json, $3::text, $4::int, false, 2, 1, $4::int, 60, now(), now(), now(),
  case when $3::text = 'COMPLETED' then now() end, now(),
  case when $3::text = 'PAUSED' then 'REQUESTED' end, case when $3::text = 'PAUSED' then 'because' end)`;

const WAVES = `
insert into rollout_waves (rollout_id, wave, targets)
select $1::uuid, wave, case wave when 1 then 10 when 2 then $2::int / 10 - 10 else $2::int - $2::int / 10 end
from generate_series(1, 3) wave`;

const TARGETS = `
insert into rollout_targets (rollout_id, position, appid, wave, step, state, reason, errcode, error_title, error, updated_at)
select $1::uuid, n, 'wxa' || lpad(to_hex($3::bigint * $2::int + n), 15, '0'), wave, step, state,
  case when state = 'FAILED' then 'AUDIT_REJECTED' end, case when state = 'FAILED' then 0 end,
  case when state = 'FAILED' then '小程序内容不符合规则：' || n % $6::int end,
  case when state = 'FAILED' then json_build_object('reason', 'AUDIT_REJECTED', 'message', 'rejected') end, now()
from (select n, case when n <= 10 then 1 when n <= $2::int / 10 then 2 else 3 end as wave,
    case when n > $4::int then 1 when n % 100 < $5::int then 4 else 7 end as step,
    case when n > $4::int then 'PENDING' when n % 100 < $5::int then 'FAILED' else 'SUCCEEDED' end as state
  from generate_series(1, $2::int) n) placed`;

const COUNTS = `
insert into rollout_counts (rollout_id, wave, step, state, targets)
select rollout_id, wave, step, state, count(*) from rollout_targets where rollout_id = $1::uuid group by 1, 2, 3, 4`;

const CHANGES = `
insert into rollout_changes (rollout_id, seq, type, at, on_behalf_of, reason, published)
select $1::uuid, n, case when n % 2 = 0 then 'PAUSED' else 'RESUMED' end, now(), 'li', 'because', true from generate_series(1, 60) n`;

/** Writes operations and rollouts by SQL, the first rollout running and the others completed. Resolves with their ids. */
export async function largeData(
  world: World,
  { operations, rollouts, targets }: { operations: number; rollouts: number; targets: number },
): Promise<string[]> {
  await writeHistory((text, values) => world.sql(text, values), operations);
  const ids: string[] = [];
  for (let number = 0; number < rollouts; number++) {
    const state = number === 0 ? 'RUNNING' : 'COMPLETED';
    // Half of the targets have yet to be committed.
    const ended = targets / 2;
    ids.push(await largeRollout(world, { number, state, targets, ended, failedPercent: 20, causes: 40 }));
  }
  return ids;
}

interface LargeRollout {
  /** Each has mini-programs of its own. */
  number: number;
  state: string;
  /** A multiple of 100. */
  targets: number;
  /** How many targets have ended, the first ones. */
  ended: number;
  /** Of those that have ended. */
  failedPercent: number;
  /** For how many causes they failed. */
  causes: number;
}

/** Writes a rollout by SQL. Resolves with its id. */
export async function largeRollout(
  world: World,
  { number, state, targets, ended, failedPercent, causes }: LargeRollout,
): Promise<string> {
  const id = randomUUID();
  const size = (value: number) => ({ size: { $case: 'count' as const, value } });
  const waves = [size(10), size(targets / 10 - 10), { size: { $case: 'rest' as const, value: true } }];
  const spec = RolloutSpec.toJSON(specOf({ name: `春季版 3.${number}.0`, waves }));
  await world.sql(ROLLOUT, [id, JSON.stringify(spec), state, targets]);
  await world.sql(WAVES, [id, targets]);
  await world.sql(TARGETS, [id, targets, number, ended, failedPercent, causes]);
  await world.sql(COUNTS, [id]);
  await world.sql(CHANGES, [id]);
  for (const table of ['rollouts', 'rollout_targets', 'rollout_counts', 'rollout_changes'])
    await world.sql(`vacuum analyze ${table}`);
  return id;
}
