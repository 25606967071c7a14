import { status as Code } from '@grpc/grpc-js';
import { detailsOfError, isServiceError } from '@wxa/contracts';

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
  const { reason = '', violations, retryAfterMs } = detailsOfError(error);
  return {
    code: error.code,
    message: error.details,
    reason,
    fields: new Map(violations.map(({ field, description }) => [field, description])),
    retryAfterSeconds: retryAfterMs === undefined ? undefined : Math.ceil(retryAfterMs / 1000),
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
