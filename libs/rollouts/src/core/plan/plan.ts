import { ReadinessItemType, type RolloutFinding, type RolloutPlan, type RolloutSpec } from '@wxa/contracts';
import { isKnown } from '../decide/budget.js';
import { isGray, pipelineOf, withDefaults } from '../pipeline.js';
import { MAX_TARGETS, type QuotaSnapshot } from '../rollout.js';
import { newTarget, toRolloutTarget } from '../rollout-target.js';
import type { Target } from '../target.js';
import { apisOfSpeedUp, apisOfTarget } from './calls.js';
import { type AffectedTargets, type FindingReason, finding } from './findings.js';

/** The findings that the store counts. The others follow from the specification and the limits. */
export type CountedFinding =
  | 'NOT_ALLOWED'
  | 'NOT_AUTHORIZED'
  | 'NO_PERMISSION_SET_18'
  | 'OPEN_AUDIT'
  | 'OTHER_ROLLOUT'
  | 'CHANGE_IN_DOUBT'
  | 'VERSION_USED_BEFORE'
  | 'FIRST_RELEASE_UNKNOWN'
  | 'GRAY_RELEASE_LEFT'
  | 'DOMAIN_NOT_REGISTERED'
  | 'EXT_VALUE_MISSING'
  | 'GUIDE_INCOMPLETE';

/** How many targets wait for an item of the readiness: its name without the prefix of ReadinessItemType. */
export type NotReady = AffectedTargets & { item: string };

/** Everything that a plan depends on. */
export interface PlanFacts {
  /** A UUID. */
  id: string;
  spec: RolloutSpec;
  isRollback: boolean;
  /** The number of targets in each wave, in order, with the waves assigned. */
  waveTargets: number[];
  /** Which targets have a problem that the database shows; missing ones concern no target. */
  counted: Partial<Record<CountedFinding, AffectedTargets>>;
  /** The items for which targets are not ready. */
  notReady: readonly NotReady[];
  /** The template ids of the library; null if it could not be read. */
  templateIds: ReadonlySet<bigint> | null;
  quota: (QuotaSnapshot & { observedAt: Date }) | null;
  /** The stopped APIs. */
  stops: readonly { api: string }[];
  /** Whether an open rollout takes in the same mini-programs with another template. */
  hasOverlap: boolean;
  /** Calls per second of an API at present; 0 means that there is no limit. */
  rateOf(api: string): number;
  /** The targets of the sample: the first three, the first of the last wave, and targets with overrides; at most 10. */
  samples: readonly Target[];
}

/** What a draft would do. */
export function plan(facts: PlanFacts): RolloutPlan {
  const context = { id: facts.id, spec: withDefaults(facts.spec), isRollback: facts.isRollback };
  const targets = sum(facts.waveTargets);
  const submits = pipelineOf(context.spec, context.isRollback).includes('SUBMIT_AUDIT');
  const submissions = submits ? targets : 0;
  const calls = callsByApi(facts, context, targets);
  return {
    waveTargets: facts.waveTargets,
    calls: BigInt(sum([...calls.values()])),
    submissions,
    quota: snapshotOf(facts.quota),
    leastTime: secondsOf(calls, facts.rateOf),
    maxSubmissionsPerDay: submits ? (facts.spec.continuous?.maxSubmissionsPerDay ?? 0) : 0,
    reserve: submits ? (facts.spec.auditBudget?.reserve ?? 0) : 0,
    findings: findingsOf(facts, targets, submits, calls),
    samples: facts.samples
      .slice(0, 10)
      .map((target) => toRolloutTarget(target, context, { withRequests: true })),
  };
}

/** The findings of a plan that StartRollout refuses. */
export function blockingFindings(findings: readonly RolloutFinding[]): RolloutFinding[] {
  return findings.filter(({ blocking }) => blocking);
}

type Context = Parameters<typeof apisOfTarget>[1];

/** All calls by API. Targets with items of their own may need up to two queries fewer. */
function callsByApi({ waveTargets }: PlanFacts, context: Context, targets: number): Map<string, number> {
  const usual = newTarget(`wx${'0'.repeat(16)}`, 1, context.spec, context.isRollback);
  const calls = new Map<string, number>();
  const add = (api: string, times: number) => calls.set(api, (calls.get(api) ?? 0) + times);
  if (targets > 0) for (const api of apisOfTarget(usual, context)) add(api, targets);
  const wanted = sum(waveTargets.filter((_, i) => context.spec.waves[i]?.speedUp));
  const speedUps = Math.min(wanted, context.spec.auditBudget?.maxSpeedUps ?? 0);
  const hasAudit = pipelineOf(context.spec, context.isRollback).includes('AUDIT');
  if (speedUps > 0 && hasAudit) for (const api of apisOfSpeedUp(usual, context)) add(api, speedUps);
  return calls;
}

/** The least time: the busiest API at its rate. */
function secondsOf(calls: Map<string, number>, rateOf: PlanFacts['rateOf']): RolloutPlan['leastTime'] {
  const times = [...calls].map(([api, times]) => (rateOf(api) > 0 ? times / rateOf(api) : 0));
  return { seconds: BigInt(Math.ceil(Math.max(0, ...times))), nanos: 0 };
}

function snapshotOf(quota: PlanFacts['quota']): RolloutPlan['quota'] {
  if (quota === null || !isKnown(quota)) return undefined;
  const { rest, limit, speedupRest, speedupLimit, observedAt } = quota;
  const speedups = { speedupRest: Math.max(0, speedupRest), speedupLimit };
  return { quota: { rest, limit, ...speedups }, time: observedAt };
}

function findingsOf(
  facts: PlanFacts,
  targets: number,
  submits: boolean,
  calls: ReadonlyMap<string, number>,
): RolloutFinding[] {
  const { spec, counted, templateIds, quota, stops, waveTargets } = facts;
  const left = isKnown(quota) ? quota.rest - quota.submittedSince - (spec.auditBudget?.reserve ?? 0) : 0;
  const commits = pipelineOf(spec, facts.isRollback).includes('COMMIT');
  // Newcomers are submitted too.
  const submissions = submits ? Math.max(targets, spec.continuous === undefined ? 0 : 1) : 0;
  // Newcomers fill the last one.
  const filledWaves = spec.continuous === undefined ? waveTargets : waveTargets.slice(0, -1);
  // WeChat refuses a gray release as the first one, which that of a newcomer mostly is.
  const isSkipped = isGray(spec, facts.isRollback) && spec.release?.firstReleaseToAll !== true;
  const skipsNewcomers = spec.continuous !== undefined && isSkipped;
  const ofRollout: Partial<Record<FindingReason, boolean>> = {
    NO_TARGETS: targets === 0 && spec.continuous === undefined,
    TOO_MANY_TARGETS: targets > MAX_TARGETS,
    TEMPLATE_UNKNOWN: commits && templateIds !== null && !templateIds.has(spec.templateId),
    QUOTA_SHORT: isKnown(quota) && submissions > 0 && left < submissions,
    QUOTA_UNKNOWN: !isKnown(quota) && submissions > 0,
    API_STOPPED: stops.some(({ api }) => calls.has(api)),
    OPEN_ROLLOUT_OVERLAP: facts.hasOverlap,
    FIRST_RELEASE_UNKNOWN: skipsNewcomers && !counted.FIRST_RELEASE_UNKNOWN?.targets,
    EMPTY_WAVE: targets > 0 && filledWaves.includes(0),
  };
  const reasons = Object.entries(ofRollout).flatMap(([reason, holds]) => (holds ? [reason] : []));
  return [
    ...(reasons as FindingReason[]).map((reason) => finding(reason)),
    ...(Object.entries(counted) as [CountedFinding, AffectedTargets][])
      .filter(([, found]) => found.targets > 0)
      .map(([reason, found]) => finding(reason, found)),
    ...facts.notReady.map(({ item, ...found }) => finding('NOT_READY', found, itemOf(item))),
  ];
}

const itemOf = (name: string): ReadinessItemType =>
  ReadinessItemType[`READINESS_ITEM_TYPE_${name}` as keyof typeof ReadinessItemType];

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
