export type { TurnOptions } from '../rows/take-turn.js';
export { type Quota, type QuotaLook, quotaOn } from './look-at-quota.js';
export { decideQuotaLook } from './quota-decision.js';
export { readTurn, type Turn } from './read.js';
export { finishTurn, TurnError, takeTurn } from './run-turn.js';
export type { TurnReport } from './write.js';
