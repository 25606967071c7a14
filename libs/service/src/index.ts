export {
  type Address,
  address,
  ConfigError,
  commonSettings,
  configOrExit,
  count,
  EX_CONFIG,
  httpUrl,
  milliseconds,
  readable,
  readConfig,
} from './config.js';
export { stopOnSignal, untilItWorks } from './lifecycle.js';
export { createLogger, type Logger, nestLogger } from './logger.js';
export { ProbesController } from './probes.controller.js';
export { Readiness } from './readiness.js';
