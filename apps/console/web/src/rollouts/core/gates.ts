import { type Gate, type GateType, type Hold, type Rollout, short, type Wave } from '../types.js';
import { passed, stepsOf } from './segments.js';

/** A gate of a wave, and what it waits for. */
export interface GateStatus {
  wave: number;
  gate: GateType;
  /** What the specification says about it. */
  spec: Gate;
  openTime: string | undefined;
  /** Whether it is the next one of its kind: the gates of all earlier waves are open. */
  isNext: boolean;
  /** The percentage of the wave before that must have passed; undefined in the first wave. */
  needed: number | undefined;
  /** Rounded down, so that 100 means all. */
  now: number;
  /** Targets of the wave before that are still to pass. */
  missing: number;
  /** How many targets it holds now. */
  held: number;
}

const SUBMIT = 'ROLLOUT_GATE_TYPE_SUBMIT';
const RELEASE = 'ROLLOUT_GATE_TYPE_RELEASE';

/** The kinds of gates that a rollout has. */
export function gatesOf(rollout: Pick<Rollout, 'spec' | 'rollbackOf'>): GateType[] {
  const steps = stepsOf(rollout);
  if (steps[0] === 'RELEASE') return [RELEASE];
  return steps.includes('RELEASE') ? [SUBMIT, RELEASE] : [SUBMIT];
}

export function gateOf(rollout: Rollout, wave: number, gate: GateType): GateStatus {
  const { spec, waves = [], holds = [], rollbackOf } = rollout;
  const isSubmit = gate === SUBMIT;
  const openTimeOf = (n: number) => waves[n - 1]?.[isSubmit ? 'submitOpenTime' : 'releaseOpenTime'];
  const given = spec?.waves?.[wave - 1]?.[isSubmit ? 'submitGate' : 'releaseGate'] ?? ({} as Gate);
  const before = waves[wave - 2];
  const needed = given.afterPercent || 100;
  const done = passed(before?.counts, gate, Boolean(rollbackOf));
  const targets = before ? countedIn(before) : 0;
  const isOf = (hold: Hold) => short(hold.cause) === 'GATE' && hold.wave === wave && hold.gate === gate;
  return {
    ...{ wave, gate, spec: given, openTime: openTimeOf(wave), needed: before && needed },
    isNext: openTimeOf(wave) === undefined && (wave === 1 || openTimeOf(wave - 1) !== undefined),
    now: targets === 0 ? 100 : Math.floor((done * 100) / targets),
    missing: before ? Math.max(0, Math.ceil((targets * needed) / 100) - done) : 0,
    held: holds.find(isOf)?.targets ?? 0,
  };
}

/** Targets that wait for their owner are left out, unless the whole wave waits: then nobody has tried the version. */
function countedIn({ counts, targets }: Wave): number {
  const unready = (counts ?? []).filter(({ waitsFor }) => short(waitsFor) === 'READINESS');
  return targets - unready.reduce((sum, { count }) => sum + count, 0) || targets;
}

/** Whether only an operator is missing. */
export function waitsForPerson({ isNext, missing, spec, held }: GateStatus): boolean {
  return isNext && held > 0 && missing === 0 && Boolean(spec.manual);
}
