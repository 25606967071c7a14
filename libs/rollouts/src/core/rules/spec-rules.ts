import {
  CommitRequest,
  type RolloutRelease_GrayStep as GrayStep,
  type Problem,
  problem,
  type ReadinessItemType,
  type RolloutAuditBudget,
  RolloutCheck,
  type RolloutSpec,
  RolloutStep,
  type RolloutStopRule,
} from '@wxa/contracts';
import {
  type Check,
  characters,
  each,
  elements,
  field,
  known,
  mergeable,
  noFormat,
  number,
  oneLine,
  ROOMS,
  type Rule,
  specified,
  type Violation,
  violationsBy,
} from '@wxa/methods';
import { firstOf, isBefore, lastOf, pipelineOf, stepOf } from '../pipeline.js';
import { AUDIT_STEP_RULES } from './audit-rules.js';
import { CONTINUOUS_RULES } from './continuous-rules.js';
import { days } from './duration-rules.js';
import { WAVE_RULES } from './wave-rules.js';

/**
 * The violations of a specification, at most 100. Fields are named from the specification on, for example `waves[0].count`.
 * @param isRollback a rollback has no audit of its own, and alone may have `rollback_options`.
 */
export function specViolations(spec: RolloutSpec, isRollback = false): Violation[] {
  const purpose = isRollback ? ROLLBACK_RULES : FORWARD_RULES;
  return violationsBy([...SPEC_RULES, ...purpose], spec);
}

const MAX_EXT_BYTES = 256 * 1024;
const MAX_GRAY_STEPS = 10;
const MAX_PAUSE_DAYS = 30;
const MAX_STOP_RULES = 10;
const MAX_IN_FLIGHT = 2_000;

const FIRST_STEPS: readonly RolloutStep[] = [
  RolloutStep.ROLLOUT_STEP_UNSPECIFIED,
  RolloutStep.ROLLOUT_STEP_READINESS,
  RolloutStep.ROLLOUT_STEP_COMMIT,
  RolloutStep.ROLLOUT_STEP_SETTINGS,
  RolloutStep.ROLLOUT_STEP_CHECK,
  RolloutStep.ROLLOUT_STEP_RELEASE,
];
const LAST_STEPS: readonly RolloutStep[] = [
  ...FIRST_STEPS,
  RolloutStep.ROLLOUT_STEP_AUDIT,
  RolloutStep.ROLLOUT_STEP_VERIFY,
];

const oneOf =
  (steps: readonly RolloutStep[]): Check<RolloutStep> =>
  (step) => {
    if (steps.includes(step)) return undefined;
    const allowed = steps.map(stepOf).filter((name) => name !== null);
    return problem('STEP_NOT_ALLOWED', { allowed: allowed.join(', '), actual: stepOf(step) ?? step });
  };

const GRAY_STEP_RULES: Rule<GrayStep>[] = [field('pause', (s) => s.pause, days(MAX_PAUSE_DAYS))];

const STOP_RULE_RULES: Rule<RolloutStopRule>[] = [
  field('cause', (r) => r.cause, specified),
  field('percent', (r) => r.percent, number(0, 100)),
  field('min_ended', (r) => r.minEnded, number(0)),
  field('count', (r) => r.count, number(0)),
  field(
    'percent',
    (r) => r,
    ({ percent, count }) => (percent === 0 && count === 0 ? problem('PERCENT_OR_COUNT_REQUIRED') : undefined),
  ),
];

const budget = (name: string, get: (budget: RolloutAuditBudget) => number): Rule<RolloutSpec> =>
  field(`audit_budget.${name}`, (s) => (s.auditBudget === undefined ? 0 : get(s.auditBudget)), number(0));

const SPEC_RULES: Rule<RolloutSpec>[] = [
  field('name', (s) => s.name, characters(1, 100), oneLine, noFormat),
  field('template_id', (s) => s.templateId, number(0n)),
  field('user_version', (s) => s, versionName),
  (spec) => commitViolations(spec),
  field('ext_json', (s) => s.extJson, mergeable(MAX_EXT_BYTES)),
  field('first_step', (s) => s.firstStep, oneOf(FIRST_STEPS)),
  field('last_step', (s) => s.lastStep, oneOf(LAST_STEPS)),
  field('last_step', (s) => s, notBeforeFirst),
  field('settings', (s) => s, settingsOfStep),
  field('readiness', (s) => s, readinessOfStep),
  field('readiness.on_not_ready', (s) => s.readiness?.onNotReady ?? '', known),
  each(
    'readiness.ignore',
    (s) => s.readiness?.ignore ?? [],
    Infinity,
    field('', (item: ReadinessItemType) => item, specified),
  ),
  field('readiness.ignore', (s) => s.readiness?.ignore ?? [], noDuplicates),
  each(
    'checks',
    (s) => s.checks,
    Infinity,
    field('', (check: RolloutCheck) => check, specified),
  ),
  field('checks', (s) => s.checks, noDuplicates),
  field('release.gray_steps', graySteps, elements(0, MAX_GRAY_STEPS)),
  each('release.gray_steps', graySteps, MAX_GRAY_STEPS, ...GRAY_STEP_RULES),
  (spec) => grayStepViolations(graySteps(spec).slice(0, MAX_GRAY_STEPS)),
  ...WAVE_RULES,
  field('max_in_flight', (s) => s.maxInFlight, number(0, MAX_IN_FLIGHT)),
  budget('max_submissions', (b) => b.maxSubmissions),
  budget('reserve', (b) => b.reserve),
  budget('max_open_audits', (b) => b.maxOpenAudits),
  budget('max_speed_ups', (b) => b.maxSpeedUps),
  field('stop_rules', (s) => s.stopRules, elements(0, MAX_STOP_RULES)),
  each('stop_rules', (s) => s.stopRules, MAX_STOP_RULES, ...STOP_RULE_RULES),
];

const ROLLBACK_RULES: Rule<RolloutSpec>[] = [
  field(
    'continuous',
    (s) => s.continuous,
    (given) => (given === undefined ? undefined : problem('NOT_OF_ROLLBACKS')),
  ),
];

const FORWARD_RULES: Rule<RolloutSpec>[] = [
  ...AUDIT_STEP_RULES,
  ...CONTINUOUS_RULES,
  field(
    'audit',
    (s) => s,
    (s) =>
      s.audit === undefined && pipelineOf(s, false).includes('SUBMIT_AUDIT')
        ? problem('AUDIT_REQUIRED')
        : undefined,
  ),
  field(
    'rollback_options',
    (s) => s.rollbackOptions,
    (options) => (options === undefined ? undefined : problem('ONLY_OF_ROLLBACKS')),
  ),
];

/** Without code, readiness can be compared and settings can be applied. */
const needsCode = (spec: RolloutSpec): boolean =>
  !pipelineOf(spec, false).every((step) => step === 'READINESS' || step === 'SETTINGS');

function versionName(spec: RolloutSpec): Problem | undefined {
  const least = needsCode(spec) ? 1 : 0;
  return characters(least, 64)(spec.userVersion) ?? oneLine(spec.userVersion);
}

function settingsOfStep({ firstStep, lastStep, settings }: RolloutSpec): Problem | undefined {
  const isNamed = stepOf(firstStep) === 'SETTINGS' || stepOf(lastStep) === 'SETTINGS';
  return isNamed && settings === undefined ? problem('SETTINGS_REQUIRED') : undefined;
}

function readinessOfStep({ firstStep, lastStep, readiness }: RolloutSpec): Problem | undefined {
  const isNamed = stepOf(firstStep) === 'READINESS' || stepOf(lastStep) === 'READINESS';
  return isNamed && readiness === undefined ? problem('READINESS_REQUIRED') : undefined;
}

function graySteps(spec: RolloutSpec): GrayStep[] {
  return spec.release?.graySteps ?? [];
}

/** What Commit's own rules say about the description; the other fields have rules of their own here. */
function commitViolations({ userDesc, userVersion, templateId }: RolloutSpec): Violation[] {
  const request = CommitRequest.create({ userDesc, userVersion, templateId });
  return violationsBy(ROOMS.Commit.validate, request).filter((violation) => violation.field === 'user_desc');
}

function notBeforeFirst(spec: RolloutSpec): Problem | undefined {
  const [first, last] = [firstOf(spec), lastOf(spec)];
  return isBefore(last, first) ? problem('STEP_BEFORE_FIRST', { first, actual: last }) : undefined;
}

function noDuplicates(values: unknown[]): Problem | undefined {
  return new Set(values).size === values.length ? undefined : problem('DUPLICATES');
}

/** The rules between gray steps; the first one may be for members only. */
function* grayStepViolations(steps: GrayStep[]): Generator<Violation> {
  for (const [i, step] of steps.entries()) {
    const name = `release.gray_steps[${i}]`;
    const isForMembers = step.supportDebuggerFirst || step.supportExperiencerFirst;
    const least = i === 0 && isForMembers ? 0 : 1;
    const inRange = number(least, 100)(step.percentage);
    if (inRange !== undefined) yield { field: `${name}.percentage`, ...inRange };
    const before = steps[i - 1]?.percentage;
    if (before !== undefined && step.percentage <= before)
      yield {
        field: `${name}.percentage`,
        ...problem('GRAY_PERCENTAGE_NOT_HIGHER', { before, actual: step.percentage }),
      };
    if (i > 0 && isForMembers)
      yield {
        field: `${name}.${step.supportDebuggerFirst ? 'support_debugger_first' : 'support_experiencer_first'}`,
        ...problem('ONLY_IN_FIRST_STEP'),
      };
  }
}
