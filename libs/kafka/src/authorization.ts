const LOG_EVERY_MS = 60_000;

/** The operations of Kafka's access control that this service uses. */
export type Operation = 'Describe' | 'DescribeConfigs' | 'Create' | 'Read' | 'Write' | 'Delete';

/** Kafka denies this principal an operation on a topic or a group. It needs an operator: a retry alone does not help. */
export class AuthorizationError extends Error {
  constructor(
    readonly operation: Operation,
    /** `topic NAME`, `topics NAME, NAME` or `group NAME`. */
    readonly resource: string,
  ) {
    super(`Kafka denies this principal ${operation} on ${resource}`);
    this.name = 'AuthorizationError';
  }
}

/** The names that the error of a client may concern; kafkajs says only whether it is a topic or a group. */
export interface Concerned {
  topic: string;
  group?: string;
  operation: Operation;
}

/** An AuthorizationError if Kafka denied access, which kafkajs may have wrapped; otherwise the error itself. */
export function namingDenial(error: unknown, { topic, group, operation }: Concerned): unknown {
  const type = deniedType(error);
  if (type === 'TOPIC_AUTHORIZATION_FAILED') return new AuthorizationError(operation, `topic ${topic}`);
  if (type === 'GROUP_AUTHORIZATION_FAILED') return new AuthorizationError('Read', `group ${group}`);
  return error;
}

/** Returns the type of a denial; undefined for any other error. */
export function deniedType(error: unknown): string | undefined {
  return protocolTypes(error).find((type) => type.endsWith('_AUTHORIZATION_FAILED'));
}

/** Errors that a broker returns while it starts or stops, although kafkajs does not retry after them. */
const OUTAGES = new Set(['UNKNOWN', 'BROKER_NOT_AVAILABLE', 'KAFKAJS_UNKNOWN_ERROR_CODE']);

/** Whether Kafka has rejected what a client does, so that a retry alone does not help. */
export function isRejected(error: unknown): boolean {
  return protocolTypes(error).some((type) => !OUTAGES.has(type));
}

/** The types of the errors of the protocol among an error and its causes. */
function protocolTypes(error: unknown): string[] {
  const types: string[] = [];
  for (let at = error, depth = 0; at instanceof Error && depth < 5; depth += 1) {
    const { type, cause, originalError } = at as { type?: unknown; cause?: unknown; originalError?: unknown };
    if (typeof type === 'string') types.push(type);
    at = (cause ?? originalError) as Error;
  }
  return types;
}

/**
 * Logs an AuthorizationError, at most once a minute for each operation on each resource. Returns false for other errors.
 * @param nowMs monotonic.
 */
export function logDenial(
  logger: { error(fields: object, message: string): void },
  error: unknown,
  nowMs = performance.now(),
): boolean {
  if (!(error instanceof AuthorizationError)) return false;
  const { operation, resource, message } = error;
  const last = loggedAt.get(message) ?? Number.NEGATIVE_INFINITY;
  if (nowMs - last < LOG_EVERY_MS) return true;
  loggedAt.set(message, nowMs);
  logger.error({ operation, resource, error: message }, 'kafka access denied');
  return true;
}

/**
 * The time of the last log line, by message. There are as many messages as topics and groups of this process.
 */
const loggedAt = new Map<string, number>();
