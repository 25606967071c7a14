import type { RolloutSpec } from '@wxa/contracts';
import type { ClientBase, Pool } from 'pg';
import { matchedLabels } from '../core/continuous.js';
import type { AffectedTargets } from '../core/plan/findings.js';
import type { CountedFinding, NotReady } from '../core/plan/plan.js';
import { SHOWN, type StoredTarget } from '../rows/stored-target.js';

/** The problems of targets that the database shows. */
export type CountedProblem = Exclude<CountedFinding, 'NOT_ALLOWED'>;

/** @param words as the inventory filters: an item, or `item:party`. */
const waits = (words: string) =>
  `exists (select from mini_programs m where m.appid = t.appid and m.waits @> '{${words}}')`;

/** Conditions for the table alias `t`. `$2` is the version. */
const CONDITIONS: Record<CountedProblem, string> = {
  NOT_AUTHORIZED: `not exists (select from authorizers a where a.appid = t.appid and a.state = 'AUTHORIZED')`,
  NO_PERMISSION_SET_18: `exists (select from authorizers a where a.appid = t.appid and a.state = 'AUTHORIZED'
    and not coalesce(18 = any(a.permission_sets), true))`,
  OPEN_AUDIT: `exists (select from audits a where a.appid = t.appid and a.state = 'OPEN')`,
  OTHER_ROLLOUT: `exists (select from rollout_targets o where o.appid = t.appid and o.holds_appid and o.rollout_id <> $1)`,
  CHANGE_IN_DOUBT: `exists (select from operations o where o.appid = t.appid and o.state = 'IN_DOUBT' and o.is_change
    and o.ended_at is null)`,
  VERSION_USED_BEFORE: `exists (select from operations o where o.appid = t.appid and o.method = 'Commit'
    and o.state = 'SUCCEEDED' and o.request ->> 'userVersion' = $2)`,
  FIRST_RELEASE_UNKNOWN: `not exists (select from operations o where o.appid = t.appid and o.method = 'Release'
    and o.state = 'SUCCEEDED')`,
  // The first rollout's VERIFY (step 7) has seen another live version, or another audit is the latest one.
  GRAY_RELEASE_LEFT: `exists (select from rollouts r join rollout_targets f on f.rollout_id = r.rollback_of and f.appid = t.appid
    where r.id = $1 and f.gray_share is not null and not f.released and ((f.step = 7 and f.state = 'FAILED')
    or exists (select from audits own join audits a on a.appid = own.appid and a.submitted_at > own.submitted_at
      where own.operation_id = f.audit_operation_id)))`,
  DOMAIN_NOT_REGISTERED: waits('DOMAINS:PLATFORM'),
  EXT_VALUE_MISSING: waits('EXT_VALUES'),
  GUIDE_INCOMPLETE: waits('PRIVACY_GUIDE:PLATFORM'),
};

const NOT_READY = `
select split_part(w.wait, ':', 1) as item, count(*)::int as targets,
  (array_agg(t.appid order by t.position))[1:10] as "sampleAppids"
from rollout_targets t join mini_programs m using (appid) cross join unnest(m.waits) as w (wait)
where t.rollout_id = $1 and m.waits <> '{}' and w.wait like '%:%' and w.wait not like '%:SERVICE'
  and split_part(w.wait, ':', 1) = any($2) group by 1 order by 2 desc, 1`;

/** The items for which targets of a draft are not ready, by what was last read of their mini-programs. @param items those that matter */
export async function countNotReady(
  pool: Pool,
  rolloutId: string,
  items: readonly string[],
): Promise<NotReady[]> {
  if (items.length === 0) return [];
  return (await pool.query<NotReady>(NOT_READY, [rolloutId, items])).rows;
}

/** Counts the targets of a draft that have each of these problems. */
export async function countProblems(
  pool: Pool,
  { rolloutId, userVersion }: { rolloutId: string; userVersion: string },
  asked: readonly CountedProblem[],
): Promise<Partial<Record<CountedProblem, AffectedTargets>>> {
  const found: Partial<Record<CountedProblem, AffectedTargets>> = {};
  for (const problem of asked) {
    const { rows } = await pool.query<AffectedTargets>(
      `select count(*)::int as targets, coalesce((array_agg(t.appid order by t.position))[1:10], '{}') as "sampleAppids"
       from rollout_targets t where t.rollout_id = $1 and $2::text is not null and ${CONDITIONS[problem]}`,
      [rolloutId, userVersion],
    );
    found[problem] = rows[0] ?? { targets: 0, sampleAppids: [] };
  }
  return found;
}

// The first three, the first of the last wave, and targets with overrides.
const SAMPLES = `
select ${SHOWN} from rollout_targets t where t.rollout_id = $1 and t.position = any(array(
  (select position from rollout_targets where rollout_id = $1 order by position limit 3)
  union
  (select position from rollout_targets where rollout_id = $1 and wave = $2 order by position limit 1)
  union
  (select position from rollout_targets where rollout_id = $1 and (ext_patch is not null or items is not null)
   order by position limit 6)
)) order by t.position`;

/** At most 10 targets of a draft whose waves are assigned. */
export async function sampleTargets(
  pool: Pool,
  rolloutId: string,
  lastWave: number,
): Promise<StoredTarget[]> {
  const { rows } = await pool.query<StoredTarget>(SAMPLES, [rolloutId, lastWave]);
  return rows;
}

/** The library of templates as it was last read; null if that is more than 10 minutes ago, or it was changed since. */
export async function listedTemplates(client: Pick<ClientBase, 'query'>): Promise<unknown> {
  const { rows } = await client.query<{ result: unknown }>(
    `with listed as (
       select result, ended_at, id from operations where method = 'ListTemplates' and state = 'SUCCEEDED'
         and ended_at is not null
       order by id desc limit 1) select result from listed l
     where l.ended_at > clock_timestamp() - interval '10 minutes' and not exists (
       select from operations o where o.method in ('AddTemplate', 'DeleteTemplate') and o.id > l.id
         and o.ended_at is not null) and not exists (
       select from operations o where o.method in ('AddTemplate', 'DeleteTemplate') and o.id > l.id
         and o.ended_at is null)`,
  );
  return rows[0]?.result ?? null;
}

// What matches the narrower one of two matches both.
const OVERLAP = `select from rollouts r where r.open and r.id <> $1 and r.id::text <> $2
  and coalesce(r.spec ->> 'templateId', '0') <> $3 and (r.intake_labels @> $4::text[] or r.intake_labels <@ $4) limit 1`;

/** Whether an open rollout that this one does not replace takes in the same mini-programs with another template. */
export async function hasOverlap(
  pool: Pool,
  id: string,
  spec: Pick<RolloutSpec, 'continuous' | 'templateId'>,
): Promise<boolean> {
  if (spec.continuous === undefined) return false;
  const values = [id, spec.continuous.replaces, String(spec.templateId), matchedLabels(spec)];
  return (await pool.query(OVERLAP, values)).rowCount === 1;
}
