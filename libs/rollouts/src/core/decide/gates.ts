import type { RolloutGate, RolloutSpec } from '@wxa/contracts';
import { after } from '../advance/move.js';
import { pipelineOf } from '../pipeline.js';
import type { GateProgress, Progress, RolloutContext, WaveProgress } from '../rollout.js';
import { millisOf } from '../times.js';
import { countOf, hasPassed, isLeftOut } from './counts.js';

export type GateType = 'SUBMIT' | 'RELEASE';

/** A gate whose stored columns change. */
export interface GateChange {
  wave: number;
  type: GateType;
  /** The new values. */
  gate: GateProgress;
  /** It opens in this turn: journal entry GATE_OPENED. */
  opens: boolean;
  /** Only AdvanceRollout is missing: journal entry GATE_REACHED, once for each manual gate. */
  isReached: boolean;
}

export interface GateDecisions {
  changes: GateChange[];
  /** The new values of `submit_wave` and `release_wave`. */
  submitWave: number;
  releaseWave: number;
  /** When a gate may open, or be announced, by time alone; null if none waits for a time. */
  nextLookAt: Date | null;
}

/** Evaluates the closed gates. Call it after the stop rules of the turn; gates open in a RUNNING rollout only. */
export function gates(context: RolloutContext, progress: Progress, now: Date): GateDecisions {
  const submit = decide('SUBMIT', context, progress, now);
  const release = decide('RELEASE', context, progress, now);
  return together(submit, release);
}

/** The gate of a type of a wave, as specified; absent fields have their defaults. */
export function gateSpecOf(spec: RolloutSpec, type: GateType, wave: number): RolloutGate | undefined {
  const given = spec.waves[wave - 1];
  return type === 'SUBMIT' ? given?.submitGate : given?.releaseGate;
}

/** Whether the gates of a type have no effect: their step is not in the pipeline. */
export function areIgnored(type: GateType, { spec, isRollback }: RolloutContext): boolean {
  const pipeline = pipelineOf(spec, isRollback);
  return type === 'SUBMIT' ? pipeline[0] === 'RELEASE' : !pipeline.includes('RELEASE');
}

/** The share of a wave that must have passed, in percent, the targets that have, and all of which they are a share. */
export function shareOf(
  type: GateType,
  wave: WaveProgress,
  gate: RolloutGate | undefined,
  isRollback: boolean,
): { percent: number; passed: number; all: number; isReached: boolean } {
  const percent = gate?.afterPercent || 100;
  const passed = countOf([wave], (count) => hasPassed(type, isRollback, count));
  const all = wave.targets - countOf([wave], isLeftOut);
  const isEvident = all > 0 || wave.targets === 0;
  return { percent, passed, all, isReached: isEvident && passed * 100 >= percent * all };
}

/** When a closed gate opens by time, or not before; undefined if it waits only for something else. */
export function gateOpensAt(
  type: GateType,
  wave: WaveProgress,
  { spec }: RolloutContext,
  now: Date,
): Date | undefined {
  const gate = gateSpecOf(spec, type, wave.wave);
  const at = gate?.manual ? undefined : (timeOf(gate, wave[GATE_OF[type]]) ?? gate?.notBefore);
  return at !== undefined && at > now ? at : undefined;
}

const GATE_OF = { SUBMIT: 'submit', RELEASE: 'release' } as const;
const OPEN_OF = { SUBMIT: 'submitWave', RELEASE: 'releaseWave' } as const;

interface TypeDecisions {
  changes: GateChange[];
  open: number;
  lookAt: Date | null;
}

function together(submit: TypeDecisions, release: TypeDecisions): GateDecisions {
  const looks = [submit.lookAt, release.lookAt].filter((time) => time !== null);
  return {
    changes: [...submit.changes, ...release.changes],
    submitWave: submit.open,
    releaseWave: release.open,
    nextLookAt: looks.length === 0 ? null : new Date(Math.min(...looks.map(Number))),
  };
}

function openWave(type: GateType, context: RolloutContext, progress: Progress): number {
  return areIgnored(type, context) ? progress.waves.length : progress[OPEN_OF[type]];
}

/** The closed gates of a type, in wave order: each opens only if those before it are open. */
function decide(type: GateType, context: RolloutContext, progress: Progress, now: Date): TypeDecisions {
  let open = openWave(type, context, progress);
  let lookAt: Date | null = null;
  const changes: GateChange[] = [];
  for (const wave of progress.waves) {
    if (wave.wave <= open) continue;
    const before = wave[GATE_OF[type]];
    const gate = { ...before, reachedAt: reachedAt(type, wave, context, progress, now) };
    const isNext = wave.wave === open + 1 && context.state === 'RUNNING';
    const time = isNext ? timeOf(gateSpecOf(context.spec, type, wave.wave), gate) : undefined;
    const isManual = gateSpecOf(context.spec, type, wave.wave)?.manual === true;
    const isMet = time !== undefined && time <= now;
    const opens = isMet && !isManual;
    const isReached = isMet && isManual && !before.announced;
    if (opens) open = wave.wave;
    if (time !== undefined && time > now) lookAt = time;
    const after = { ...gate, openedAt: opens ? now : null, announced: before.announced || isReached };
    if (isChanged(before, after)) changes.push({ wave: wave.wave, type, gate: after, opens, isReached });
  }
  return { changes, open, lookAt };
}

/** When the share was first reached; null if it is not, or no longer. */
function reachedAt(
  type: GateType,
  { wave, ...gatesOf }: WaveProgress,
  { spec, isRollback }: RolloutContext,
  progress: Progress,
  now: Date,
): Date | null {
  const previous = progress.waves[wave - 2];
  if (previous === undefined) return progress.startedAt;
  const { isReached } = shareOf(type, previous, gateSpecOf(spec, type, wave), isRollback);
  return isReached ? (gatesOf[GATE_OF[type]].reachedAt ?? now) : null;
}

/** When all conditions of a gate hold, apart from AdvanceRollout; undefined if its share is not reached. */
function timeOf(gate: RolloutGate | undefined, { reachedAt }: GateProgress): Date | undefined {
  if (reachedAt === null) return undefined;
  const baked = after(reachedAt, millisOf(gate?.bakeTime));
  const notBefore = gate?.notBefore;
  return notBefore !== undefined && notBefore > baked ? notBefore : baked;
}

function isChanged(before: GateProgress, after: GateProgress): boolean {
  const same = (a: Date | null, b: Date | null) => a?.getTime() === b?.getTime();
  return (
    !same(before.reachedAt, after.reachedAt) ||
    !same(before.openedAt, after.openedAt) ||
    before.announced !== after.announced
  );
}
