export { AdminServer } from './admin-server.js';
export { FairSemaphore } from './fair-semaphore.js';
export { exitOnUncaught, unexpected } from './fatal-errors.js';
export { Gcra } from './gcra.js';
export { type InsecureSetting, reportInsecure, warnOfInsecure } from './insecure-settings.js';
export { leaseLog } from './logging/lease-log.js';
export { LogLimit } from './logging/log-limit.js';
export { createLogger, logStarted, logTrail, nestLogger } from './logging/logger.js';
export { type Logger, MESSAGES } from './logging/messages.js';
export {
  type EndedOperation,
  idsOf,
  type LoggedOperations,
  OperationEnds,
} from './logging/operation-ends.js';
export { polled, queryFailure } from './logging/query-failure.js';
export { setCertificateExpiry } from './metrics/certificate-metrics.js';
export { GRPC_CODES } from './metrics/definition.js';
export { kafkaObserver, observeRelay } from './metrics/kafka-metrics.js';
export {
  type Counting,
  counter,
  gauge,
  histogram,
  METRICS,
  type Measuring,
  type Observing,
} from './metrics/metrics.js';
export { startMetrics } from './metrics/start-metrics.js';
export { countDecision, storeObserver } from './metrics/store-metrics.js';
export { Liveness, ProbesController, Readiness } from './probes.js';
export { toggleDebugOnSignal, untilItWorks, VERSION } from './process.js';
export { reportOutbox } from './reports/outbox-report.js';
export { every, Poller } from './reports/poller.js';
export { reportPostgres } from './reports/postgres-report.js';
export * from './settings/index.js';
export { endsWithin, type Stoppable, shutdownSettings, stopOnSignal } from './shutdown.js';
export { isInstrumented } from './tracing/injected.js';
export { messagingAttributes, traceSent } from './tracing/message-spans.js';
export { startTracing } from './tracing/start-tracing.js';
export { isSampled, type TraceContext, writeTraceparent } from './tracing/trace-context.js';
export type { Span, Tracing } from './tracing/tracing.js';
export { WatchedFiles } from './watched-file.js';
