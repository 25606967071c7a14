import {
  type RolloutChange,
  RolloutChangeType,
  RolloutGateType,
  type RolloutSpec,
  type WatchRolloutResponse,
} from '@wxa/contracts';
import type { VisibleAppids } from '@wxa/policy';
import type { WatchedRollout } from '@wxa/rollouts/calls';
import { pipelineOf, STEP_NUMBERS, toRollout } from '@wxa/rollouts/core';
import type { StoredChange } from '@wxa/rollouts/rows';
import { contextOf, toTarget } from './to-target.js';

/** The number of RolloutStep in which new targets begin. */
export function firstStepOf(spec: RolloutSpec, isRollback: boolean): number {
  const [first = 'COMMIT'] = pipelineOf(spec, isRollback);
  return STEP_NUMBERS[first];
}

/** The message of an entry of the journal. */
export function toChange(stored: StoredChange): RolloutChange {
  const { seq, type, at, gate, ...same } = stored;
  return {
    ...same,
    seq: BigInt(seq),
    type: RolloutChangeType[`ROLLOUT_CHANGE_TYPE_${type}`],
    time: at,
    gate: RolloutGateType[`ROLLOUT_GATE_TYPE_${gate ?? 'UNSPECIFIED'}`],
  };
}

/** A rollout for a stream, without `spec.ext_json`, with the visible ones of the targets that moved most recently. */
export function toWatched(stored: WatchedRollout, visible: VisibleAppids | undefined): WatchRolloutResponse {
  const rollout = toRollout(stored);
  const spec = rollout.spec && { ...rollout.spec, extJson: '' };
  return {
    rollout: { ...rollout, spec },
    latest: stored.latest
      .filter(({ appid }) => visible?.has(appid) ?? true)
      .map((target) => toTarget(target, contextOf(stored), false)),
  };
}
