import type { MiniProgram } from './mini-program.js';

/** What a mini-program was like until a time, in epoch milliseconds. */
interface Past {
  until: number;
  state: MiniProgram;
}

const PASTS = new WeakMap<MiniProgram, Past[]>();

/** Before a change of a mini-program whose reads lag: keeps what they still see for a while. */
export function keepPast(app: MiniProgram, now: number): void {
  if (app.readLagMs === 0) return;
  const kept = (PASTS.get(app) ?? []).filter(({ until }) => until > now - app.readLagMs);
  PASTS.set(app, [...kept, { until: now, state: structuredClone(app) }]);
}

/** The mini-program as its reads see it: the state of `readLagMs` ago. */
export function asRead(app: MiniProgram, now: number): MiniProgram {
  const then = now - app.readLagMs;
  return PASTS.get(app)?.find(({ until }) => until > then)?.state ?? app;
}
