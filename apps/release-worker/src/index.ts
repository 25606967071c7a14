// What others drive by themselves: the benchmark by simulated time, tests against real parts.
export { type LaneEntry, laneEntry } from './lanes/lane-entry.js';
export { Permits } from './lanes/permits.js';
export { LoadSignal } from './pacing/load-signal.js';
export { USED_SHARE } from './pacing/platform-limits.js';
export { RateLimits } from './pacing/rate-limits.js';
export { ReservationQueue } from './pacing/reservation-queue.js';
export type { Time } from './pacing/time.js';
export { RetryBudget } from './retrying/retry-budget.js';
export { MAX_LANE_WAIT_MS } from './retrying/retry-policy.js';
export { decide } from './running/attempt-decision.js';
export { nextApi, resetForRetry } from './running/preflight.js';
export { ComponentTokens } from './tokens/component-tokens.js';
