import { type RolloutTargetFilter, rolloutStepToNumber } from '@wxa/contracts';

/** Which targets a filter selects, in the terms of their rows; all conditions that are set must hold. */
export interface TargetFilter
  extends Partial<Pick<RolloutTargetFilter, 'wave' | 'reason' | 'errcode' | 'title'>> {
  states?: readonly string[];
  /** Numbers of RolloutStep. */
  steps?: readonly number[];
  appids?: readonly string[];
  drifted?: true;
}

/** The conditions of a filter that are set. */
export function filterOf(filter: RolloutTargetFilter | undefined): TargetFilter {
  if (filter === undefined) return {};
  const { states, steps, wave, reason, errcode, appids, title, drifted } = filter;
  return {
    ...(states.length > 0 && { states: states.map((state) => state.replace('ROLLOUT_TARGET_STATE_', '')) }),
    ...(steps.length > 0 && { steps: steps.map(rolloutStepToNumber) }),
    ...(wave !== 0 && { wave }),
    ...(reason !== '' && { reason }),
    ...(errcode !== 0 && { errcode }),
    ...(appids.length > 0 && { appids }),
    ...(title !== '' && { title }),
    ...(drifted && { drifted }),
  };
}
