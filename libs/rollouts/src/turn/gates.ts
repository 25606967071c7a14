import type { GateProgress, Progress, RolloutContext } from '../rollout.js';

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
  throw new Error(`not implemented: ${[context, progress, now]}`);
}

/** AdvanceRollout: opens all gates of a type up to a wave; 0 means the first closed one. Without closed ones it changes nothing. */
export function openGates(
  context: RolloutContext,
  progress: Progress,
  args: { type: GateType; wave: number },
  now: Date,
): GateDecisions {
  throw new Error(`not implemented: ${[context, progress, args, now]}`);
}
