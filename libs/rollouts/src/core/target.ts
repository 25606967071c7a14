import type { AuditItem, MiniProgramSettings, OperationError, OperationRecord } from '@wxa/contracts';

/** The steps with the numbers of RolloutStep, which are stored. `pipeline.ts` has their order. */
export const STEP_NUMBERS = {
  COMMIT: 1,
  CHECK: 2,
  SUBMIT_AUDIT: 3,
  AUDIT: 4,
  RELEASE: 5,
  ROLL_BACK: 6,
  VERIFY: 7,
  READINESS: 8,
  SETTINGS: 9,
} as const;

/** A step of the pipeline, as in RolloutStep without its prefix. */
export type Step = keyof typeof STEP_NUMBERS;

/** The step with a number of RolloutStep. Throws for a number that this version does not know. */
export function stepOfNumber(number: number): Step {
  const found = Object.entries(STEP_NUMBERS).find(([, each]) => each === number);
  if (found === undefined) throw new Error(`unknown step ${number}`);
  return found[0] as Step;
}

/** The state of a target within its step, as in RolloutTargetState without its prefix. */
export type TargetState =
  | 'PENDING'
  | 'RUNNING'
  | 'WAITING'
  | 'IN_DOUBT'
  | 'SUCCEEDED'
  | 'FAILED'
  | 'SKIPPED'
  | 'CANCELLED';

/**
 * What a WAITING target waits for, as in RolloutWait without its prefix. READINESS: for who has to act; READ, which callers see as
 * READINESS too: for a read of its mini-program.
 */
export type Wait =
  | 'AUDIT'
  | 'PRIVACY_CHECK'
  | 'GRAY_PAUSE'
  | 'OPEN_AUDIT'
  | 'OTHER_ROLLOUT'
  | 'OPERATION'
  | 'VERIFY'
  | 'READINESS'
  | 'READ'
  | 'INTERFACE';

/** One mini-program of a rollout, as it is stored; its JSON columns are parsed. */
export interface Target {
  appid: string;
  /** 1 for the first. */
  position: number;
  /** 0 until the waves are assigned. */
  wave: number;
  step: Step;
  state: TargetState;
  /** The operation within the step: 0 for the first check, gray step or look at the live version. */
  part: number;
  /** Part of each request_id; never decreases. */
  attempt: number;
  /** How often it has reached a final state. */
  completions: number;
  /** From its first admission to its final state. */
  holdsAppid: boolean;
  waitsFor: Wait | null;
  /** When it is looked at again even if nothing wakes it. */
  dueAt: Date | null;
  /** When WeChat's privacy check of the committed code is expected to be done. */
  privacyAt: Date | null;
  /** Its latest operation. */
  operationId: string | null;
  /** The SubmitAudit that succeeded last. */
  auditOperationId: string | null;
  /** WeChat's id of that audit, in decimal digits. */
  auditId: string | null;
  auditDelayed: boolean;
  /** The share of the users that its last gray step reached, in percent; null before. Kept after the release to all. */
  grayShare: number | null;
  /** Its version was released to all users: Release succeeded, or VERIFY saw it live; not if the last look did not. */
  isReleased: boolean;
  baselineVersion: string | null;
  /**
   * Why it is FAILED, SKIPPED or IN_DOUBT. In two other cases it is kept for a later move, and not shown: an error of RELEASE
   * while VERIFY decides, and AUDIT_TIMEOUT while a retried target waits for its audit again, then without a limit.
   */
  error: OperationError | null;
  /** JSON merge patch of `ext_json`, JSON text. */
  extPatch: string | null;
  /** Its own audit items. */
  items: AuditItem[] | null;
  /** The results of its checks while they run. */
  checkResults: CheckResults | null;
  /** The audit items that a rule built. */
  checkedItems: AuditItem[] | null;
  /** The fingerprint of the settings that it applied last; null while it applies some, empty if they changed meanwhile. */
  settingsHash: string | null;
  /** Domains of the settings that were not in effect after the release; null if there are none, or they were not compared. */
  driftedDomains: string[] | null;
}

/** What CHECK and SETTINGS know of their earlier operations, as far as later ones need it. */
export interface CheckResults {
  pages?: string[];
  /** The private interfaces to apply for. */
  interfaces?: string[];
  /** Of the settings that its operations had; empty if they had several. */
  fingerprint?: string;
}

/** The operation of a target as it is now; the result has no wrapper, and is null if there is none. */
export interface OperationFacts
  extends Pick<OperationRecord, 'id' | 'method' | 'state' | 'result' | 'endedAt'> {
  error: OperationError | null;
  /** Whether this rollout has accepted it; if not, its request_id was used before. */
  isOwn: boolean;
  /** It is such a one, was never sent to WeChat, and no worker has claimed it. */
  isUnsent: boolean;
}

/** The audit that a target submitted, as it is now. */
export interface AuditFacts {
  /** The SubmitAudit that opened it. */
  operationId: string;
  state: 'OPEN' | 'APPROVED' | 'REJECTED' | 'WITHDRAWN';
  submittedAt: Date;
  delayedAt: Date | null;
  /** WeChat's text of the rejection; empty if there is none. */
  reason: string;
}

/** How far the target of the first rollout got, for its rollback. */
export interface FirstTarget extends Pick<Target, 'step' | 'auditId' | 'grayShare' | 'isReleased'> {
  /** The state of the audit that it submitted last; null if there is none. */
  auditState: AuditFacts['state'] | null;
}

/** What is known of the authorization; UNKNOWN if the token source is not `component`. */
export type AuthorizationState = 'AUTHORIZED' | 'NOT_AUTHORIZED' | 'NO_PERMISSION_SET_18' | 'UNKNOWN';

/** Everything outside the target itself that its next move depends on, read in the transaction of the turn. */
export interface TargetFacts {
  /** The operation of `operationId`: null if that is null, `deleted` if its row no longer exists. */
  operation: OperationFacts | 'deleted' | null;
  /**
   * The audit of `auditOperationId`, or in SUBMIT_AUDIT of the latest operation; null if there is none, or its row was
   * deleted.
   */
  audit: AuditFacts | null;
  /** Whether the mini-program has an open audit that this target did not submit. */
  hasOtherOpenAudit: boolean;
  /** Whether another rollout holds the mini-program. */
  isHeldElsewhere: boolean;
  /** Whether a newer rollout that takes in, and that the mini-program matches, has it to do or has released it. */
  isOfNewer: boolean;
  authorization: AuthorizationState;
  /**
   * Whether the mini-program has authorized the platform again since the target was last written or, unless it is idle, since its
   * operation was accepted.
   */
  isAuthorizedAgain: boolean;
  /** What the mini-program needs now; null if the rollout does not use settings. */
  settings: NeededSettings | null;
  /** What the inventory shows; null if the rollout does not need it, or the mini-program is not known here. */
  inventory: InventoryFacts | null;
  /** Of the rollout that this one rolls back; null if this is not a rollback. */
  first: FirstTarget | null;
}

/** What the inventory shows of a mini-program. */
export interface InventoryFacts {
  /** When all of its parts were last read; null if they never were. */
  readAt: Date | null;
  /** When a read of it was last asked for; null if none was. */
  askedAt: Date | null;
  /** When its versions were last read; null if they never were. */
  versionsAt: Date | null;
  /** A live version is known. */
  isLive: boolean;
  /** The items that wait for anybody but this service, without that of the authorization. */
  obstacles: readonly Obstacle[];
  /** When the private interfaces that it needs were last read, if none of them was in review then. */
  reviewedAt: Date | null;
  /** A newer read is being stored. */
  isBusy: boolean;
}

/** An item that prevents a release. */
export interface Obstacle {
  /** As in ReadinessItemType without its prefix. */
  item: string;
  detail: string;
  /** It follows from the code that was committed last: other code may not have it. */
  isOfCode?: boolean;
}

/** The effective settings of a mini-program, for the steps that apply them. */
export interface NeededSettings {
  settings: MiniProgramSettings;
  /** Merge patches for ext.json, to be applied one after the other. */
  extPatches: readonly string[];
  /** Of domains and guide; empty if there are none. */
  fingerprint: string;
  /** The domains that the platform has not registered; empty if that is not known. */
  unregistered: readonly string[];
  /** The domains that the layer of this mini-program alone names. */
  ownDomains: readonly string[];
}

/** A target with the facts of its next move. */
export interface Candidate {
  target: Target;
  facts: TargetFacts;
}
