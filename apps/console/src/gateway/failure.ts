import { status as Code } from '@grpc/grpc-js';
import { detailsOfError, isServiceError, OPERATION_REASONS, type OperationError } from '@wxa/contracts';
import type { Language, Text } from '../text/text.js';
import { textOf } from './field-errors.js';

/** What an error of the gateway says. */
export interface Failure {
  code: Code;
  message: string;
  /** ErrorInfo.reason, for example `ROLLOUT_STATE`; empty without details. */
  reason: string;
  /** What is wrong by field, as in `waves[0].percent`. */
  fields: ReadonlyMap<string, Text>;
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
    fields: new Map(violations.map((violation) => [violation.field, textOf(violation)])),
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
function formFailure(error: unknown): Failure {
  const failure = failureOf(error);
  if (failure === undefined || !OF_FORMS.has(failure.code)) throw error;
  return failure;
}

/** What is wrong with a field, in the visitor's language; undefined if nothing is. */
export function fieldErrorOf(
  { language }: { language: Language },
  failure: Failure | undefined,
  field: string,
): string | undefined {
  return failure?.fields.get(field)?.[language];
}

/** What a call returned, or why it failed. */
export type Answer<T> = { value: T; failure?: undefined } | { value?: undefined; failure: Failure };

/** A failed call becomes a failure that one part of a page shows; all other errors are rethrown. */
export async function answerOf<T>(
  call: Promise<T>,
  failureIn: (error: unknown) => Failure | undefined = failureOf,
): Promise<Answer<T>> {
  try {
    return { value: await call };
  } catch (error) {
    const failure = failureIn(error);
    if (failure === undefined) throw error;
    return { failure };
  }
}

/** The same for what a form asked for: errors that no other input would avoid are rethrown. */
export function formAnswerOf<T>(call: Promise<T>): Promise<Answer<T>> {
  return answerOf(call, formFailure);
}

const HTTP_STATUS: Partial<Record<Code, number>> = {
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

/** The HTTP status of a page that reports the failure; 200 without one. */
export function statusOf(failure: Failure | undefined): number {
  return failure === undefined ? 200 : (HTTP_STATUS[failure.code] ?? 500);
}

/** What to do about the failure of an operation, in the visitor's language as far as there is a text in it. */
export function hintOf(
  { reason, hint }: Pick<OperationError, 'reason' | 'hint'>,
  language: Language,
): string {
  const known = Object.hasOwn(OPERATION_REASONS, reason) && language === 'zh';
  return known ? OPERATION_REASONS[reason as keyof typeof OPERATION_REASONS].hintZh : hintIn(hint, language);
}

/** Hints are English, followed by Chinese in square brackets: that of the service, or WeChat's official text. */
export function hintIn(hint: string, language: Language): string {
  const [, english = hint, chinese = hint] = /^(.*?)\s*\[([^[]*)\]$/s.exec(hint) ?? [];
  return language === 'zh' ? chinese : english;
}
