import { isUnavailable } from './unavailable.js';

/** How statements of the hot path are batched. */
export const BATCH = {
  maxBatch: 200,
  maxWaiting: 20_000,
  // An error that is not transient is the fault of one item, such as a claim that would begin a second change of a
  // mini-program and violates the unique index. Run alone it finds its blocker, and the other items succeed.
  splitOn: (error: unknown) => !isUnavailable(error),
};
