import type { MiniProgram } from '../model/mini-program.js';

/** A past state of a mini-program and when it ended, in epoch milliseconds. */
interface Past {
  until: number;
  state: MiniProgram;
}

const PASTS = new WeakMap<MiniProgram, Past[]>();

/** Called before a change of a mini-program whose reads lag: keeps the state that reads still return. */
export function savePastState(app: MiniProgram, now: number): void {
  if (app.readLagMs === 0) return;
  const recent = (PASTS.get(app) ?? []).filter(({ until }) => until > now - app.readLagMs);
  PASTS.set(app, [...recent, { until: now, state: structuredClone(app) }]);
}

/** The mini-program as reads return it: its state `readLagMs` ago. */
export function stateForReads(app: MiniProgram, now: number): MiniProgram {
  const then = now - app.readLagMs;
  return PASTS.get(app)?.find(({ until }) => until > then)?.state ?? app;
}
