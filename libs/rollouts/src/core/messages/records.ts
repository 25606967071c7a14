import type { RolloutStateName } from '../rollout.js';

/** The number of targets of one wave in a step and state. */
export interface CountRecord {
  wave: number;
  /** Number of RolloutStep. */
  step: number;
  state: string;
  /** Empty unless the state is WAITING. */
  waitsFor: string;
  targets: number;
}

/** A rollout as it is stored, with its counts and waves; times in waves are ISO texts. */
export interface RolloutRecord {
  id: string;
  caller: string;
  onBehalfOf: string;
  actingCaller: string;
  actingOnBehalfOf: string;
  requestId: string;
  /** Proto3 JSON of RolloutSpec. */
  spec: unknown;
  state: RolloutStateName;
  pauseCause: 'REQUESTED' | 'STOP_RULE' | 'PLATFORM' | 'POLICY' | null;
  pauseDetail: string | null;
  targets: number;
  /** Waves and counts are not assigned since the last change of the draft. */
  wavesStale: boolean;
  submissions: number;
  speedUps: number;
  /** Proto3 JSON of RolloutHold. */
  holds: unknown[];
  stepsPerMinute: number;
  rollbackOf: string | null;
  rolledBackBy: string | null;
  createdAt: Date;
  startedAt: Date | null;
  endedAt: Date | null;
  updatedAt: Date;
  counts: CountRecord[];
  /** In order; null in lists. */
  waves:
    | {
        wave: number;
        targets: number;
        submitOpenedAt: string | null;
        releaseOpenedAt: string | null;
        endedAt: string | null;
      }[]
    | null;
}

/** Targets that did not succeed for the same cause. */
export interface FailureRecord {
  state: string;
  /** Number of RolloutStep. */
  step: number;
  reason: string;
  errcode: number;
  title: string;
  count: number;
  /** Proto3 JSON of OperationError, of one of them. */
  error: unknown;
  /** At most 5 of them. */
  sampleAppids: string[];
}
