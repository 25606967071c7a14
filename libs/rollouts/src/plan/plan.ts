import type { RolloutFinding, RolloutPlan, RolloutSpec } from '@wxa/contracts';
import type { QuotaSnapshot } from '../rollout.js';
import type { Target } from '../target.js';

/** The findings that the store counts. The others follow from the specification and the limits. */
export type CountedFinding =
  | 'NOT_AUTHORIZED'
  | 'NO_PERMISSION_SET_18'
  | 'OPEN_AUDIT'
  | 'OTHER_ROLLOUT'
  | 'CHANGE_IN_DOUBT'
  | 'VERSION_USED_BEFORE'
  | 'FIRST_RELEASE_UNKNOWN'
  | 'EXT_INVALID';

/** Everything that a plan depends on. */
export interface PlanFacts {
  /** A UUID. */
  id: string;
  spec: RolloutSpec;
  isRollback: boolean;
  /** The number of targets in each wave, in order, with the waves assigned. */
  waveTargets: number[];
  /** Which targets have a problem that the database shows; missing ones concern no target. */
  counted: Partial<Record<CountedFinding, { targets: number; sampleAppids: string[] }>>;
  /** The template ids of the library; null if it could not be read. */
  templateIds: ReadonlySet<bigint> | null;
  quota: (QuotaSnapshot & { observedAt: Date }) | null;
  /** The stopped APIs. */
  stops: readonly { api: string }[];
  /** Calls per second of an API at present; 0 means that there is no limit. */
  rateOf(api: string): number;
  /** The targets of the sample: the first three, the first of the last wave, and targets with overrides; at most 10. */
  samples: readonly Target[];
}

/** What a draft would do. */
export function plan(facts: PlanFacts): RolloutPlan {
  throw new Error(`not implemented: ${facts}`);
}

/** The findings of a plan that StartRollout refuses. */
export function blockingFindings(findings: readonly RolloutFinding[]): RolloutFinding[] {
  return findings.filter(({ blocking }) => blocking);
}
