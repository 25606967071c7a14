import { type RolloutFinding, type RolloutPlan, type RolloutSpec } from '@wxa/contracts';
import { isKnown } from '../decide/budget.js';
import { pipelineOf, withDefaults } from '../pipeline.js';
import type { QuotaSnapshot } from '../rollout.js';
import { newTarget, toRolloutTarget } from '../rollout-target.js';
import type { Target } from '../target.js';
import { apisOfSpeedUp, apisOfTarget } from './calls.js';
import { type FindingReason, finding } from './findings.js';

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
  | 'GRAY_RELEASE_LEFT';

/** How many targets have a problem, and at most 10 of them. */
export interface Problem {
  targets: number;
  sampleAppids: string[];
}

/** Everything that a plan depends on. */
export interface PlanFacts {
  /** A UUID. */
  id: string;
  spec: RolloutSpec;
  isRollback: boolean;
  /** The number of targets in each wave, in order, with the waves assigned. */
  waveTargets: number[];
  /** Which targets have a problem that the database shows; missing ones concern no target. */
  counted: Partial<Record<CountedFinding, Problem>>;
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

/** The most targets that a rollout may have. */
export const MAX_TARGETS = 100_000;

/** What a draft would do. */
export function plan(facts: PlanFacts): RolloutPlan {
  const context = { id: facts.id, spec: withDefaults(facts.spec), isRollback: facts.isRollback };
  const targets = sum(facts.waveTargets);
  const submissions = pipelineOf(context.spec, context.isRollback).includes('SUBMIT_AUDIT') ? targets : 0;
  const calls = callsByApi(facts, context, targets);
  return {
    waveTargets: facts.waveTargets,
    calls: BigInt(sum([...calls.values()])),
    submissions,
    quota: snapshotOf(facts.quota),
    leastTime: secondsOf(calls, facts.rateOf),
    findings: findingsOf(facts, targets, submissions, calls),
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
  submissions: number,
  calls: ReadonlyMap<string, number>,
): RolloutFinding[] {
  const { spec, counted, templateIds, quota, stops, waveTargets } = facts;
  const left = isKnown(quota) ? quota.rest - quota.submittedSince - (spec.auditBudget?.reserve ?? 0) : 0;
  const commits = pipelineOf(spec, facts.isRollback).includes('COMMIT');
  const ofRollout: Partial<Record<FindingReason, boolean>> = {
    NO_TARGETS: targets === 0,
    TOO_MANY_TARGETS: targets > MAX_TARGETS,
    TEMPLATE_UNKNOWN: commits && templateIds !== null && !templateIds.has(spec.templateId),
    QUOTA_SHORT: isKnown(quota) && left < submissions,
    QUOTA_UNKNOWN: !isKnown(quota) && submissions > 0,
    API_STOPPED: stops.some(({ api }) => calls.has(api)),
    EMPTY_WAVE: targets > 0 && waveTargets.includes(0),
  };
  const reasons = Object.entries(ofRollout).flatMap(([reason, holds]) => (holds ? [reason] : []));
  return [
    ...(reasons as FindingReason[]).map((reason) => finding(reason)),
    ...(Object.entries(counted) as [CountedFinding, { targets: number; sampleAppids: string[] }][])
      .filter(([, found]) => found.targets > 0)
      .map(([reason, found]) => finding(reason, found.targets, found.sampleAppids)),
  ];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
