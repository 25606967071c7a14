export { Gcra } from './gcra.js';
export { type InsecureSetting, isLoopback, warnOfInsecure } from './insecure-settings.js';
export { ProbesController, Readiness } from './probes.js';
export { createLogger, type Logger, nestLogger, stopOnSignal, untilItWorks } from './process.js';
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
