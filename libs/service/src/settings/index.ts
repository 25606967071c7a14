// The settings alone, for programs that should start fast: the whole of @wxa/service loads NestJS.
export {
  ConfigError,
  commonSettings,
  configOrExit,
  EX_CONFIG,
  readConfig,
  type SettingsSchema,
  withCrossChecks,
} from './config.js';
export {
  type DatabaseSettings,
  databaseConnection,
  databaseSettings,
  isDatabasePlaintext,
} from './database-settings.js';
export {
  type Address,
  address,
  baseUrl,
  checkedFile,
  count,
  httpUrl,
  isLoopback,
  milliseconds,
  onOrOff,
  optionalAddress,
  readable,
} from './fields.js';
export {
  isKafkaPlaintext,
  type KafkaSettings,
  kafkaClientSettings,
  kafkaSettings,
  tokenFrom,
} from './kafka-settings.js';
export { readSecretFile, readTokenFile, tokenIn } from './setting-files.js';
export {
  exportExpiry,
  faultOfTls,
  logTlsError,
  type TlsContents,
  type TlsFiles,
  watchTlsFiles,
} from './tls-files.js';
export { type TracingSettings, tracingSettings } from './tracing-settings.js';
export { wellKnownFaults } from './well-known.js';
