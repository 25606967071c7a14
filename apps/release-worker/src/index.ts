// What others drive by themselves: the benchmark by simulated time, tests against real parts.
export { HANDLERS } from './handlers/handlers.js';
export { type LaneEntry, laneEntry } from './lanes/lane-entry.js';
export { Slots } from './lanes/slots.js';
export { PlaceQueue } from './pacing/place-queue.js';
export { USED_SHARE } from './pacing/platform-limits.js';
export { RateLimits } from './pacing/rate-limits.js';
export type { Time } from './pacing/time.js';
export { WechatMood } from './pacing/wechat-mood.js';
export { inquiryOf } from './resolving/inquiries.js';
export { RetryBudget } from './retrying/retry-budget.js';
export { MAX_LANE_WAIT_MS } from './retrying/retry-policy.js';
export { expectRepeat, nextApi } from './running/prepare.js';
export { judge } from './running/verdict.js';
export { ComponentTokens } from './tokens/component-tokens.js';
