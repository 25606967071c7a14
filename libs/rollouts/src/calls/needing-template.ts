import { RolloutSpec } from '@wxa/contracts';
import type { Pool } from 'pg';
import { pipelineOf } from '../core/pipeline.js';
import { STEP_NUMBERS } from '../core/target.js';

/** A rollout that was started and has code of a template to commit. */
export interface NeedingRollout {
  id: string;
  name: string;
  /** How many of its targets are not committed yet; 0 if it waits for newcomers only. */
  targets: number;
}

const BEFORE_CODE = [STEP_NUMBERS.READINESS, STEP_NUMBERS.COMMIT];

// A target that failed may be tried again. No more than some hundred rollouts live, which an index finds.
const LIVE = `
select r.id, r.spec, r.open, r.rollback_of is not null as "isRollback", coalesce((
  select sum(c.targets)::int from rollout_counts c where c.rollout_id = r.id and c.step = any($2)
    and c.state in ('PENDING', 'RUNNING', 'WAITING', 'IN_DOUBT', 'FAILED')), 0) as targets
from rollouts r where r.state in ('RUNNING', 'PAUSED') and coalesce(r.spec ->> 'templateId', '0') = $1 order by r.id`;

interface LiveRollout extends Pick<NeedingRollout, 'id' | 'targets'> {
  spec: unknown;
  open: boolean;
  isRollback: boolean;
}

/** The rollouts whose mini-programs would fail without a template, the oldest first. */
export async function needingTemplate(pool: Pool, templateId: bigint): Promise<NeedingRollout[]> {
  const { rows } = await pool.query<LiveRollout>({
    name: 'rollouts-needing-template',
    text: LIVE,
    values: [String(templateId), BEFORE_CODE],
  });
  return rows.flatMap(({ id, open, isRollback, targets, ...row }) => {
    const spec = RolloutSpec.fromJSON(row.spec);
    const isNeeded = (open || targets > 0) && pipelineOf(spec, isRollback).includes('COMMIT');
    return isNeeded ? [{ id, name: spec.name, targets }] : [];
  });
}
