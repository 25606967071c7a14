import {
  type ListRolloutChangesRequest,
  type ListRolloutsRequest,
  type ListRolloutTargetsRequest,
  RolloutTargetFilter,
} from '@wxa/contracts';
import type { TargetPosition } from '@wxa/store';

/** The lists that page tokens are bound to. */
export function rolloutsOf({ states, appid }: ListRolloutsRequest): string[] {
  return ['rollouts', appid, ...states];
}

export function targetsOf({ id, filter }: ListRolloutTargetsRequest): string[] {
  return ['rollout-targets', id, JSON.stringify(RolloutTargetFilter.toJSON(filter ?? NO_FILTER))];
}

export function changesOf({ id }: ListRolloutChangesRequest): string[] {
  return ['rollout-changes', id];
}

const NO_FILTER = RolloutTargetFilter.create();

/** The last target of a page, as the text of its token. */
export function positionText({ state, step, wave, position }: TargetPosition): string {
  return [state, step, wave, position].join(' ');
}

export function positionFrom(text: string): TargetPosition {
  const [state = '', ...numbers] = text.split(' ');
  const [step = 0, wave = 0, position = 0] = numbers.map(Number);
  return { state, step, wave, position };
}
