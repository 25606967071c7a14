import type { Rollout, RolloutFailure } from '@wxa/contracts';

/** The state of a rollout, as in RolloutState without its prefix. */
export type RolloutStateName = 'DRAFT' | 'RUNNING' | 'PAUSED' | 'CANCELLING' | 'CANCELLED' | 'COMPLETED';

/** The number of targets of one wave in a step and state. */
export interface StoredCount {
  wave: number;
  /** Number of RolloutStep. */
  step: number;
  state: string;
  /** Empty unless the state is WAITING. */
  waitsFor: string;
  targets: number;
}

/** A wave of a rollout; times are ISO texts. */
export type StoredWave = Record<'wave' | 'targets', number> &
  Record<'submitOpenedAt' | 'releaseOpenedAt' | 'endedAt', string | null>;

/** A row of `rollouts`, with its counts and waves. */
export interface StoredRollout
  extends Pick<
    Rollout,
    | 'id'
    | 'requestId'
    | 'caller'
    | 'onBehalfOf'
    | 'actingCaller'
    | 'actingOnBehalfOf'
    | 'targets'
    | 'submissions'
    | 'speedUps'
    | 'stepsPerMinute'
    | 'open'
  > {
  /** Proto3 JSON of RolloutSpec; lists omit `extJson`. */
  spec: unknown;
  state: RolloutStateName;
  pauseCause: 'REQUESTED' | 'STOP_RULE' | 'PLATFORM' | 'POLICY' | null;
  pauseDetail: string | null;
  /** Waves and counts are not assigned since the last change of the draft. */
  wavesStale: boolean;
  /** The gates up to these waves are open; 0 if none is. */
  submitWave: number;
  releaseWave: number;
  /** The targets with `driftedDomains`. */
  drifted: number;
  /** Proto3 JSON of RolloutHold. */
  holds: unknown[];
  lastSeq: string;
  version: string;
  rollbackOf: string | null;
  rolledBackBy: string | null;
  createdAt: Date;
  startedAt: Date | null;
  /** Since when it takes in newcomers. */
  intakeSince: Date | null;
  endedAt: Date | null;
  updatedAt: Date;
  counts: StoredCount[];
  /** In order; null in lists. */
  waves: StoredWave[] | null;
}

/** Targets that did not succeed for the same cause. */
export interface FailureGroup
  extends Pick<RolloutFailure, 'reason' | 'errcode' | 'title' | 'count' | 'sampleAppids'> {
  state: string;
  /** Number of RolloutStep. */
  step: number;
  /** Proto3 JSON of OperationError, of one of them. */
  error: unknown;
}
