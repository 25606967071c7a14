import { status as Code, type ServiceError } from '@grpc/grpc-js';
import { BadRequest, ErrorInfo, RetryInfo, Status } from '@wxa/contracts';

const DETAILS = 'grpc-status-details-bin';

/** What an error of the gateway says. */
export interface Failure {
  code: Code;
  message: string;
  /** ErrorInfo.reason, for example `ROLLOUT_STATE`; empty without details. */
  reason: string;
  /** Descriptions by field, as in `waves[0].percent`. */
  fields: ReadonlyMap<string, string>;
  retryAfterSeconds: number | undefined;
}

/** Undefined if the error is not that of a call. */
export function failureOf(error: unknown): Failure | undefined {
  if (!isServiceError(error)) return undefined;
  const [bytes] = error.metadata?.get(DETAILS) ?? [];
  const details = Buffer.isBuffer(bytes) ? Status.decode(bytes).details : [];
  const find = (name: string) => details.find(({ typeUrl }) => typeUrl.endsWith(`google.rpc.${name}`))?.value;
  const [info, retry, bad] = [find('ErrorInfo'), find('RetryInfo'), find('BadRequest')];
  const violations = bad === undefined ? [] : BadRequest.decode(bad).fieldViolations;
  const wait = retry === undefined ? undefined : RetryInfo.decode(retry).retryDelay;
  return {
    code: error.code,
    message: error.details,
    reason: info === undefined ? '' : ErrorInfo.decode(info).reason,
    fields: new Map(violations.map(({ field, description }) => [field, description])),
    retryAfterSeconds: wait === undefined ? undefined : Number(wait.seconds) + Math.ceil(wait.nanos / 1e9),
  };
}

/** The failures that a form shows with its input kept, because other input can succeed. */
const OF_FORMS: ReadonlySet<Code> = new Set([
  Code.INVALID_ARGUMENT,
  Code.FAILED_PRECONDITION,
  Code.ALREADY_EXISTS,
  Code.ABORTED,
]);

/** What a form shows of an error; rethrows every other error, which becomes a page of its own. */
export function formFailure(error: unknown): Failure {
  const failure = failureOf(error);
  if (failure === undefined || !OF_FORMS.has(failure.code)) throw error;
  return failure;
}

/** The HTTP status of a page that reports the failure. */
export const HTTP_STATUS: Partial<Record<Code, number>> = {
  [Code.UNAVAILABLE]: 503,
  [Code.DEADLINE_EXCEEDED]: 503,
  [Code.UNAUTHENTICATED]: 503,
  [Code.PERMISSION_DENIED]: 403,
  [Code.NOT_FOUND]: 404,
  [Code.RESOURCE_EXHAUSTED]: 429,
  [Code.INVALID_ARGUMENT]: 400,
  [Code.FAILED_PRECONDITION]: 409,
  [Code.ALREADY_EXISTS]: 409,
  [Code.ABORTED]: 409,
};

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error && 'metadata' in error;
}
