type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/**
 * Every message of the log, with its level and the fields that its lines always have. `trace_id`, `caller`, `appid` and
 * `operation` are added where they are known.
 */
export const MESSAGES = {
  'operation ended': { level: 'info', fields: ['state', 'attempts', 'duration_ms', 'waited_ms'] },
  'operation in doubt': { level: 'warn', fields: ['cause', 'next_check'] },
  'awaiting resolution': { level: 'error', fields: ['why'] },
  'settlement fenced': { level: 'warn', fields: ['claim'] },
  'claim forgotten': { level: 'error', fields: ['claim', 'is_stored', 'outcome'] },
  rpc: { level: 'info', fields: ['method', 'code', 'duration_ms', 'peer'] },
  'unexpected error': { level: 'error', fields: [] },
  'grpc error': { level: 'warn', fields: ['error'] },
  callback: { level: 'info', fields: ['event', 'result', 'age_ms'] },
  'callback rejected': { level: 'warn', fields: ['reason', 'remote'] },
  'wechat call': { level: 'debug', fields: ['api', 'result', 'errcode', 'rid', 'duration_ms'] },
  'token read': { level: 'info', fields: ['token_id', 'remaining_s'] },
  'token refused': { level: 'info', fields: ['status', 'reason', 'peer'] },
  'token refreshed': { level: 'info', fields: ['kind'] },
  'token refresh failed': { level: 'warn', fields: ['kind', 'errcode', 'rid', 'error'] },
  'authorizer not read': { level: 'warn', fields: ['error'] },
  'token rejected early': { level: 'warn', fields: ['kind'] },
  'api stopped': { level: 'warn', fields: ['api', 'source', 'until', 'reason'] },
  'api resumed': { level: 'warn', fields: ['api'] },
  'circuit breaker open': { level: 'warn', fields: ['since', 'probes'] },
  'circuit breaker closed': { level: 'warn', fields: ['since', 'probes'] },
  'postgres query failed': { level: 'warn', fields: ['error'] },
  'postgres unavailable': { level: 'warn', fields: ['since', 'identity', 'error'] },
  'postgres available': { level: 'info', fields: ['since', 'identity'] },
  'rollout started': { level: 'info', fields: ['rollout', 'caller', 'seq'] },
  'rollout paused': { level: 'warn', fields: ['rollout', 'caller', 'seq', 'cause', 'reason'] },
  'rollout closed': { level: 'info', fields: ['rollout', 'caller', 'seq', 'cause'] },
  'rollout completed': { level: 'info', fields: ['rollout', 'caller', 'seq'] },
  'rollout cancelled': { level: 'info', fields: ['rollout', 'caller', 'seq'] },
  'rollout turn failed': { level: 'warn', fields: ['rollout', 'error'] },
  'audit quota not read': { level: 'warn', fields: ['error'] },
  'history behind': { level: 'fatal', fields: ['identity', 'evidence'] },
  'history check failed': { level: 'warn', fields: ['error'] },
  'history check recovered': { level: 'info', fields: [] },
  'history verified': { level: 'info', fields: ['identity'] },
  'lease taken': { level: 'info', fields: ['lease'] },
  'lease lost': { level: 'info', fields: ['lease'] },
  'kafka error': { level: 'warn', fields: ['error'] },
  'kafka access denied': { level: 'error', fields: ['operation', 'resource', 'error'] },
  'kafka group left': { level: 'warn', fields: ['resource', 'error'] },
  'kafka consumer stopped': { level: 'fatal', fields: ['error'] },
  'kafka topic differs': { level: 'warn', fields: ['topic', 'findings'] },
  'partitions assigned': { level: 'info', fields: ['topic', 'partitions'] },
  'record failed': { level: 'error', fields: ['error'] },
  'dead letter not read': { level: 'warn', fields: ['error'] },
  'dead letter': { level: 'warn', fields: ['topic', 'partition', 'offset', 'key', 'reason'] },
  'event quarantined': { level: 'error', fields: ['ce_id', 'ce_type', 'appid', 'topic', 'reason'] },
  'outbox publish failed': { level: 'warn', fields: ['writer', 'since', 'failures', 'error'] },
  'outbox publish recovered': { level: 'info', fields: ['writer', 'since', 'failures'] },
  'trace export failed': { level: 'warn', fields: [] },
  'trace export recovered': { level: 'info', fields: [] },
  'methods refused': { level: 'warn', fields: ['methods'] },
  'methods accepted': { level: 'info', fields: [] },
  'policy loaded': { level: 'info', fields: ['sha256', 'callers'] },
  'policy invalid': { level: 'error', fields: ['errors'] },
  'forwards loaded': { level: 'info', fields: ['sha256', 'forwards'] },
  'forward file invalid': { level: 'error', fields: ['errors'] },
  'forward failed': { level: 'warn', fields: ['forward', 'result', 'error'] },
  'key set loaded': { level: 'info', fields: ['keys'] },
  'key set invalid': { level: 'error', fields: ['setting', 'error'] },
  'logged in': { level: 'info', fields: ['user'] },
  'logged out': { level: 'info', fields: ['user'] },
  'login refused': { level: 'warn', fields: ['reason'] },
  'user changed': { level: 'info', fields: ['action', 'user'] },
  'users file invalid': { level: 'error', fields: ['error'] },
  'api key invalid': { level: 'error', fields: ['setting', 'error'] },
  'certificate loaded': { level: 'info', fields: ['setting', 'expires'] },
  'certificate invalid': { level: 'error', fields: ['setting', 'error'] },
  'insecure setting': { level: 'warn', fields: ['setting', 'meaning'] },
  'instrumentation injected': { level: 'error', fields: ['setting', 'meaning'] },
  'grace too short': { level: 'warn', fields: ['needed_ms'] },
  'log level changed': { level: 'info', fields: ['log_level'] },
  framework: { level: 'debug', fields: ['context', 'text'] },
  waiting: { level: 'warn', fields: ['for', 'error'] },
  started: { level: 'info', fields: ['node', 'settings', 'insecure'] },
  stopping: { level: 'info', fields: ['signal'] },
  stopped: { level: 'info', fields: ['signal', 'cut', 'duration_ms'] },
  'configuration invalid': { level: 'fatal', fields: ['errors'] },
  'start failed': { level: 'fatal', fields: ['error'] },
  'shutdown failed': { level: 'error', fields: ['error'] },
  'uncaught exception': { level: 'fatal', fields: [] },
  'unhandled rejection': { level: 'fatal', fields: [] },
} as const satisfies Record<string, { level: Level; fields: readonly string[] }>;

/** The message of a log line; a row of the audit trail has its action, and `audit: true`. */
export type Message = keyof typeof MESSAGES;

/** The messages of a level. */
type MessageOf<L extends Level> = {
  [M in Message]: (typeof MESSAGES)[M]['level'] extends L ? M : never;
}[Message];

/** Writes JSON lines; only messages of the table, at their level. */
export interface Logger {
  level: string;
  debug(fields: object, message: MessageOf<'debug'>): void;
  info(fields: object, message: MessageOf<'info'>): void;
  warn(fields: object, message: MessageOf<'warn'>): void;
  error(fields: object, message: MessageOf<'error'>): void;
  fatal(fields: object, message: MessageOf<'fatal'>): void;
}
