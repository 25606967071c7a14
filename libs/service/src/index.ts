export { type InsecureSetting, isLoopback, warnOfInsecure } from './insecure-settings.js';
export { stopOnSignal, untilItWorks } from './lifecycle.js';
export { createLogger, type Logger, nestLogger } from './logger.js';
export { ProbesController } from './probes.controller.js';
export { Readiness } from './readiness.js';
export {
  ConfigError,
  commonSettings,
  configOrExit,
  EX_CONFIG,
  readConfig,
  type SettingsSchema,
} from './settings/config.js';
export { type Address, address, count, httpUrl, milliseconds, readable } from './settings/fields.js';
export { WatchedFiles, type WatchOptions } from './watched-file.js';
