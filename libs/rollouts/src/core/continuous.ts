import {
  RolloutReadiness_OnNotReady as OnNotReady,
  RolloutReadiness,
  type RolloutSpec,
} from '@wxa/contracts';
import { areIgnored } from './decide/gates.js';
import type { Progress, RolloutContext, StoredRollout } from './rollout.js';

/** Why a rollout was closed, as in RolloutCloseCause without its prefix. */
export type CloseCause = 'REQUESTED' | 'END_TIME' | 'TARGET_LIMIT' | 'REPLACED' | 'CANCELLED' | 'ROLLED_BACK';

/** @param spec proto3 JSON of RolloutSpec. */
export const isContinuous = ({ spec }: { spec: unknown }): boolean => Object(spec).continuous !== undefined;

/** Whether it takes in, or will take in once it is started, mini-programs that nobody has named. */
export const takesInUnnamed = (rollout: Pick<StoredRollout, 'spec' | 'open' | 'state'>): boolean =>
  rollout.open || (rollout.state === 'DRAFT' && isContinuous(rollout));

/** The labels of the mini-programs that match; empty if all do. */
export function matchedLabels({ continuous }: Pick<RolloutSpec, 'continuous'>): string[] {
  return continuous?.match?.$case === 'labels' ? continuous.match.value.labels : [];
}

/** A continuous rollout uses readiness and settings; it has no list that an operator watches, so it waits for who is not ready. */
export function withImplied(spec: RolloutSpec): RolloutSpec {
  if (spec.continuous === undefined) return spec;
  const { settings = {}, readiness = RolloutReadiness.create() } = spec;
  const isGiven = readiness.onNotReady !== OnNotReady.ON_NOT_READY_UNSPECIFIED;
  const onNotReady = isGiven ? readiness.onNotReady : OnNotReady.ON_NOT_READY_WAIT;
  return { ...spec, settings, readiness: { ...readiness, onNotReady } };
}

/** The columns of a rollout that is started: whether it is open, and since when it takes in. */
export function intakeOf(spec: Pick<RolloutSpec, 'continuous'>): {
  open?: true;
  intakeLabels?: string[];
  intakeSince?: 'now';
} {
  const { continuous } = spec;
  if (continuous === undefined) return {};
  const open = { open: true, intakeLabels: matchedLabels(spec) } as const;
  return continuous.replaces === '' ? { ...open, intakeSince: 'now' } : open;
}

/** Whether newcomers may begin: the submit gate of the last wave is open. */
export function isLastGateOpen(context: RolloutContext, progress: Progress): boolean {
  return areIgnored('SUBMIT', context) || progress.submitWave >= progress.waves.length;
}
