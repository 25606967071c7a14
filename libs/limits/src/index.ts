export { type ApiLimit, type ApiStop, readApiLimits, type StopSource } from './api-limits.js';
export {
  IS_BY_QUOTA,
  IS_OF_OPERATOR,
  IS_STOPPED,
  LISTED_CHANGES,
  lift,
  liftOperatorStops,
  liftStops,
  MONTH,
  SUBMIT_API,
  stopApis,
  stopWithin,
  wakeRunning,
} from './api-stop.js';
export { type Limits, limitsOn, setupOn } from './limits-on.js';
export { EVERY_API, setRate, USED_SHARE } from './rates.js';
export type { Reservations } from './reservations.js';
