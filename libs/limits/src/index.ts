export { type ApiLimit, type ApiStop, readApiLimits, type StopSource } from './api-limits.js';
export {
  IS_STOPPED,
  LISTED_CHANGES,
  type LiftedStop,
  lift,
  liftOperatorStops,
  liftStops,
  MONTH,
  stopApis,
  stopWithin,
} from './api-stop.js';
export {
  type QuotaUse,
  quotaOf,
  type StoredQuota,
  SUBMIT_API,
  wakeRunning,
  writeQuotaUse,
} from './audit-quota.js';
export { type Limits, limitsOn, type SetupRecords, setupOn } from './limits-on.js';
export { EVERY_API, setRate, USED_SHARE } from './rates.js';
export type { Reservations } from './reservations.js';
