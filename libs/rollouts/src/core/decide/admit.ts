import { ROOMS } from '@wxa/methods';
import { METHODS_OF } from '../requests/request-of.js';
import type { Progress, RolloutContext, TurnLimits } from '../rollout.js';
import type { Step } from '../target.js';
import { callerRoom, speedUpRoom, submitLimits } from './budget.js';
import { countOf, pendingOf } from './counts.js';
import { areIgnored } from './gates.js';

/** How many PENDING targets of a step may be admitted. */
export interface StepRoom {
  step: Step;
  /** Only targets of waves up to this one. */
  maxWave: number;
  /** At most this many; 1 or more. */
  limit: number;
}

export interface AdmissionPlan {
  /** At most this many operations in this turn, over all steps. */
  room: number;
  /** In the order of admission; steps that are held, or have nothing PENDING, are missing. */
  steps: StepRoom[];
  /** How many targets of AUDIT may be sped up; `admission` gets `canSpeedUp: false` for the others. */
  speedUps: number;
}

/** What has begun is finished first. READINESS has no operations, and needs no room. */
const ORDER: readonly Step[] = [
  'VERIFY',
  'ROLL_BACK',
  'RELEASE',
  'AUDIT',
  'SUBMIT_AUDIT',
  'CHECK',
  'SETTINGS',
  'COMMIT',
];

const MAX_MOVES = 500;
/** Operations that wait beyond two minutes occupy no slot; without this limit they would pile up in an outage. */
const MAX_UNFINISHED = 10;

/** Which steps may admit how many targets; nothing unless the rollout is RUNNING. */
export function admit(context: RolloutContext, progress: Progress, limits: TurnLimits): AdmissionPlan {
  const ofAll = Math.min(roomOf(context, progress), callerRoom(progress, limits));
  const room = context.state === 'RUNNING' ? Math.max(0, ofAll) : 0;
  if (room === 0) return { room, steps: [], speedUps: 0 };
  const steps = ORDER.flatMap((step) => {
    const maxWave = openWaveOf(step, context, progress);
    const pending = pendingOf(progress.waves, step, maxWave);
    const limit = Math.min(room, pending, stepRoom(step, context, progress, limits));
    return limit > 0 ? [{ step, maxWave, limit }] : [];
  });
  return { room, steps, speedUps: speedUpRoom(context, progress, limits) };
}

function roomOf({ spec: { maxInFlight } }: RolloutContext, { waves }: Progress): number {
  const running = countOf(waves, ({ state }) => state === 'RUNNING');
  const waiting = countOf(waves, ({ waitsFor }) => waitsFor === 'OPERATION');
  if (running + waiting >= MAX_UNFINISHED * maxInFlight) return 0;
  return Math.min(MAX_MOVES, maxInFlight - running);
}

/** The last wave whose targets may be admitted in a step. */
export function openWaveOf(step: Step, context: RolloutContext, progress: Progress): number {
  if (step === 'RELEASE') return progress.releaseWave;
  return areIgnored('SUBMIT', context) ? progress.waves.length : progress.submitWave;
}

function stepRoom(step: Step, context: RolloutContext, progress: Progress, limits: TurnLimits): number {
  const rooms =
    step === 'SUBMIT_AUDIT' ? submitLimits(context, progress, limits).map(({ room }) => room) : [];
  if (stoppedApiOf(step, context, limits) !== undefined) return 0;
  return Math.min(Number.POSITIVE_INFINITY, ...rooms);
}

/**
 * The stop that holds a step, because the step may call its API; undefined if there is none. The stop of wxa/submit_audit for
 * its quota is no such stop: it is the hold AUDIT_QUOTA.
 */
export function stoppedApiOf(
  step: Step,
  context: Pick<RolloutContext, 'spec'>,
  { stops }: Pick<TurnLimits, 'stops'>,
): TurnLimits['stops'][number] | undefined {
  const apis = new Set<string>(METHODS_OF[step](context).map((method) => ROOMS[method].api));
  return stops.find(({ api, byQuota }) => apis.has(api) && !(byQuota && api === ROOMS.SubmitAudit.api));
}
