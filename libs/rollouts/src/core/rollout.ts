import type { Rollout, RolloutFailure, RolloutHold, RolloutSpec } from '@wxa/contracts';
import type { Step, TargetState, Wait } from './target.js';
import type { Day } from './times.js';

/** The most targets that a rollout may have. */
export const MAX_TARGETS = 100_000;

/** The waits that settings change. */
export interface WaitSettings {
  /** ROLLOUT_PRIVACY_WAIT_MS: from the end of a commit to WeChat's privacy check being done. */
  privacyWaitMs: number;
  /** ROLLOUT_VERIFY_DELAYS_MS: from the end of the step before VERIFY to each look at the live version, ascending. */
  verifyDelaysMs: readonly number[];
}

/** What the moves of all targets of a rollout have in common. */
export interface RolloutContext {
  /** A UUID. */
  id: string;
  state: RolloutStateName;
  /** With its defaults (`withDefaults`). */
  spec: RolloutSpec;
  isRollback: boolean;
  waits: WaitSettings;
  /** Whether the budget has a speed-up left (`speedUpRoom`). */
  canSpeedUp: boolean;
  /**
   * When the platform obtained its component token; null if it has none. TOKEN_UNAVAILABLE of an operation that ended before
   * is a platform error. Undefined if it never is: the token source is not `component`.
   */
  platformTokenSince: Date | null | undefined;
}

/** The number of targets in one step and state: a row of `rollout_counts`. */
export interface Count {
  step: Step;
  state: TargetState;
  waitsFor: Wait | null;
  targets: number;
}

/** The gate of one type of one wave. */
export interface GateProgress {
  /** When the share of the wave before was reached; for the first wave, when the rollout was started. */
  reachedAt: Date | null;
  openedAt: Date | null;
  /** RolloutGateReached was published. */
  announced: boolean;
}

/** One wave: a row of `rollout_waves` with its counts. */
export interface WaveProgress {
  /** 1 for the first. */
  wave: number;
  targets: number;
  counts: readonly Count[];
  submit: GateProgress;
  release: GateProgress;
}

/** Step executions that passed and failed since the start or the last resume, and the targets then in doubt. */
export type Tally = Partial<Record<Step, { passed: number; failed: number; inDoubtBefore: number }>>;

/** The day of China of a turn, and the audits that the rollout has submitted on it. */
export interface Today extends Day {
  submissions: number;
}

/** The rollout as a whole, with the moves of this turn applied. */
export interface Progress
  extends Pick<StoredRollout, 'submitWave' | 'releaseWave' | 'submissions' | 'speedUps'> {
  startedAt: Date;
  tally: Tally;
  today: Today;
  /** As stored by the turn before. */
  holds: readonly RolloutHold[];
  /** All of them, in order. */
  waves: readonly WaveProgress[];
}

/** The audit quota of the platform: the row of `audit_quota`. */
export interface QuotaSnapshot {
  rest: number;
  /** Together with `rest` 0 if WeChat does not report the quota: it is unknown then. */
  limit: number;
  /** Negative after an 89405: none until a later snapshot has some left. */
  speedupRest: number;
  speedupLimit: number;
  /** Audits that this service submitted after the snapshot. */
  submittedSince: number;
}

/** What the policy allows the caller for whom operations are accepted. */
export interface CallerLimit {
  name: string;
  /** Its limit of unfinished operations. */
  unfinished: number;
  /** What it has unfinished besides the operations of this rollout. */
  used: number;
}

/** How many audits, or speed-ups, the policy allows that caller in a month. */
export interface MonthLimit {
  name: string;
  most: number;
  /** How many it has this month; of audits, besides the submissions of this rollout that are in flight. */
  used: number;
}

/** What the platform and the policy allow at present. */
export interface TurnLimits {
  /** Null if there is no such limit. */
  caller: CallerLimit | null;
  callerAudits: MonthLimit | null;
  callerSpeedUps: MonthLimit | null;
  /** Null if it was never read, or is not needed. */
  quota: QuotaSnapshot | null;
  /** Whether WeChat has answered GetAuditQuota, and no newer answer is overdue. */
  isQuotaRead: boolean;
  /** Whether there is a mini-program to ask. If none is authorized, no submission can use an audit. */
  canReadQuota: boolean;
  /** The error of the last query, if the read that it was made for is still due. */
  quotaProblem: string | null;
  /** Whether the stop after an 85085 was lifted within the last hour. */
  isJustLifted: boolean;
  /** Submissions of other rollouts that are in flight: they use the same quota. */
  otherSubmissions: number;
  /** Open audits of this rollout, also of targets that have ended or begun again. 0 without `max_open_audits`. */
  openAudits: number;
  /** When the quota is read next; null if no read is planned. */
  quotaReadAt: Date | null;
  /** The stopped APIs; `byQuota` if WeChat's quota of the API is exhausted. */
  stops: readonly { api: string; until: Date | null; byQuota: boolean }[];
}

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
  /** Proto3 JSON of RolloutExplanation; null if `pauseDetail` is no sentence of this service. */
  pauseExplanation: unknown;
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
