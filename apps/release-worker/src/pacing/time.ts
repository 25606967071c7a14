/** What time it is, and how to be called later: the real one, or that of a simulation. */
export interface Time {
  /** Milliseconds; never goes back. */
  now(): number;
  /** Calls `run` once after so many milliseconds, unless it is cancelled by what is answered. */
  after(ms: number, run: () => void): () => void;
}

export const REAL_TIME: Time = {
  now: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
