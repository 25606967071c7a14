import {
  RolloutHold_Cause as Cause,
  type Explained,
  explanationOf,
  RolloutGateType,
  type RolloutHold,
} from '@wxa/contracts';
import { pipelineOf, toRolloutStep } from '../pipeline.js';
import type { Progress, RolloutContext, TurnLimits } from '../rollout.js';
import type { Step } from '../target.js';
import { openWaveOf, stoppedApiOf } from './admit.js';
import { callerRoom, submitLimits, whyCallerWaits } from './budget.js';
import { pendingOf } from './counts.js';
import { areIgnored, type GateType, gateOpensAt, gateSpecOf, shareOf } from './gates.js';

type NewHold = Omit<RolloutHold, 'since'>;

/** What prevents admissions, recomputed; a hold that lasts keeps its `since`. Empty unless the rollout is RUNNING. */
export function holds(
  context: RolloutContext,
  progress: Progress,
  limits: TurnLimits,
  now: Date,
): RolloutHold[] {
  if (context.state !== 'RUNNING') return [];
  const ofCaller = callerHolds(context, progress, limits);
  const found = [
    ...gateHolds('SUBMIT', context, progress, now),
    ...gateHolds('RELEASE', context, progress, now),
    // One that holds all steps holds submissions too.
    ...submitHolds(context, progress, limits).filter(({ cause }) => cause !== ofCaller[0]?.cause),
    ...stopHolds(context, progress, limits),
    ...ofCaller,
  ];
  return found.map((hold) => {
    const earlier = progress.holds.find((other) => keyOf(other) === keyOf(hold));
    return { ...hold, since: earlier?.since ?? now };
  });
}

/** The holds other than gates that began and that ended: journal entries HELD and HOLD_CLEARED. */
export function holdChanges(
  before: readonly RolloutHold[],
  after: readonly RolloutHold[],
): { began: RolloutHold[]; cleared: RolloutHold[] } {
  const without = (holds: readonly RolloutHold[], others: readonly RolloutHold[]) => {
    const keys = new Set(others.map(keyOf));
    return holds.filter((hold) => hold.cause !== Cause.CAUSE_GATE && !keys.has(keyOf(hold)));
  };
  return { began: without(after, before), cleared: without(before, after) };
}

/** What makes two holds the same one. */
const keyOf = ({ cause, wave, gate, api }: NewHold): string => [cause, wave, gate, api].join(' ');

const NO_HOLD: NewHold = {
  cause: Cause.CAUSE_UNSPECIFIED,
  until: undefined,
  wave: 0,
  gate: RolloutGateType.ROLLOUT_GATE_TYPE_UNSPECIFIED,
  step: toRolloutStep('COMMIT'),
  targets: 0,
  detail: '',
  api: '',
  explanation: undefined,
};

/** The first closed gate of a type, if targets wait at it. */
function gateHolds(type: GateType, context: RolloutContext, progress: Progress, now: Date): NewHold[] {
  const { spec, isRollback } = context;
  if (areIgnored(type, context)) return [];
  const [first = 'COMMIT'] = pipelineOf(spec, isRollback);
  const step: Step = type === 'SUBMIT' ? first : 'RELEASE';
  const wave = openWaveOf(step, context, progress) + 1;
  const closed = progress.waves[wave - 1];
  const targets = closed === undefined ? 0 : pendingOf([closed], step, wave);
  if (closed === undefined || targets === 0) return [];
  const until = gateOpensAt(type, closed, context, now);
  const why = whyClosed(type, wave, context, progress);
  const gate = RolloutGateType[`ROLLOUT_GATE_TYPE_${type}`];
  return [
    { ...NO_HOLD, cause: Cause.CAUSE_GATE, until, wave, gate, step: toRolloutStep(step), targets, ...why },
  ];
}

function whyClosed(type: GateType, wave: number, context: RolloutContext, progress: Progress): Explained {
  const gate = gateSpecOf(context.spec, type, wave);
  const previous = progress.waves[wave - 2];
  const manual = gate?.manual ? explanationOf('GATE_MANUAL') : undefined;
  if (previous === undefined) return manual ?? explanationOf('GATE_TIME');
  const { percent, passed, all } = shareOf(type, previous, gate, context.isRollback);
  const share = explanationOf('GATE_SHARE', { passed, targets: all, wave: previous.wave, percent });
  const unready = previous.targets - all;
  const details = [share.detail, unready > 0 ? `not ready: ${unready}` : '', manual?.detail ?? ''];
  const more = { not_ready: String(unready), manual: String(manual !== undefined) };
  return {
    detail: details.filter((text) => text !== '').join('; '),
    explanation: { reason: 'GATE_SHARE', arguments: { ...share.explanation.arguments, ...more } },
  };
}

/** The limits that leave no room for a submission; while WeChat's quota is refused, only that one. */
function submitHolds(context: RolloutContext, progress: Progress, limits: TurnLimits): NewHold[] {
  const targets = pendingOf(progress.waves, 'SUBMIT_AUDIT', openWaveOf('SUBMIT_AUDIT', context, progress));
  if (targets === 0) return [];
  const full = submitLimits(context, progress, limits).filter(({ room }) => room <= 0);
  const refused = full.filter(({ cause }) => cause === Cause.CAUSE_AUDIT_QUOTA);
  const shown = new Map((refused.length > 0 ? refused : full).map((limit) => [limit.cause, limit]));
  const step = toRolloutStep('SUBMIT_AUDIT');
  return [...shown.values()].map(({ cause, why, isOfQuota, until: end }) => {
    const until = isOfQuota ? (limits.quotaReadAt ?? undefined) : end;
    return { ...NO_HOLD, cause, until, step, targets, ...why };
  });
}

/** The limit of the caller who acts, if it leaves no room. */
function callerHolds(context: RolloutContext, progress: Progress, limits: TurnLimits): NewHold[] {
  const { caller } = limits;
  if (caller === null || callerRoom(progress, limits) > 0) return [];
  const pending = pipelineOf(context.spec, context.isRollback)
    .map((step) => ({ step, targets: pendingOf(progress.waves, step, openWaveOf(step, context, progress)) }))
    .filter(({ targets }) => targets > 0);
  const [first] = pending;
  if (first === undefined) return [];
  const targets = pending.reduce((sum, step) => sum + step.targets, 0);
  const why = whyCallerWaits(progress, caller);
  return [{ ...NO_HOLD, cause: Cause.CAUSE_CALLER_LIMIT, step: toRolloutStep(first.step), targets, ...why }];
}

/** The stopped APIs, each with the first step that it holds. */
function stopHolds(context: RolloutContext, progress: Progress, limits: TurnLimits): NewHold[] {
  const found = new Map<string, NewHold>();
  for (const step of pipelineOf(context.spec, context.isRollback)) {
    const stop = stoppedApiOf(step, context, limits);
    const targets = pendingOf(progress.waves, step, openWaveOf(step, context, progress));
    if (stop === undefined || targets === 0) continue;
    const earlier = found.get(stop.api);
    found.set(stop.api, {
      ...NO_HOLD,
      cause: Cause.CAUSE_API_STOPPED,
      until: stop.until ?? undefined,
      step: earlier?.step ?? toRolloutStep(step),
      targets: targets + (earlier?.targets ?? 0),
      ...explanationOf('API_STOPPED', { api: stop.api }),
      api: stop.api,
    });
  }
  return [...found.values()];
}
