import { status as Code, type ServiceError } from '@grpc/grpc-js';
import {
  type CallViolation,
  detailsOfError,
  isServiceError,
  RPC_ERRORS,
  type RpcErrorRow,
  textWith,
  VIOLATIONS,
  type ViolationReason,
} from '@wxa/contracts';
import type { Logger } from '@wxa/service';
import type { NextFunction, Request, Response } from 'express';
import { Refusal } from './refusal.js';

export type Language = 'zh' | 'en';

/** What the application gets instead of a response, and with which HTTP status. */
interface Answer {
  status: number;
  /** As in `INVALID_ARGUMENT`. */
  code: string;
  /** Of the gateway, as in `ROLLOUT_STATE`; of the console, as Refusal has it, or CREDENTIAL_REFUSED; or empty. */
  reason: string;
  message?: string;
  /** What to do, in the visitor's language. */
  hint?: string;
  /** What is wrong by field, in the visitor's language. */
  violations?: { field: string; reason: string; description: string }[];
  /** WeChat's, if it was WeChat that did not do it. */
  api?: string | undefined;
  retryAfterMs?: number | undefined;
}

const STATUS: Readonly<Partial<Record<Code, number>>> = {
  [Code.UNAVAILABLE]: 503,
  [Code.DEADLINE_EXCEEDED]: 503,
  [Code.UNAUTHENTICATED]: 401,
  [Code.PERMISSION_DENIED]: 403,
  [Code.NOT_FOUND]: 404,
  [Code.RESOURCE_EXHAUSTED]: 429,
  [Code.INVALID_ARGUMENT]: 400,
  [Code.FAILED_PRECONDITION]: 409,
  [Code.ALREADY_EXISTS]: 409,
  [Code.ABORTED]: 409,
};

/** Answers every error in JSON, of which the application makes sentences. */
export function answerErrors(logger: Logger) {
  return (
    error: unknown,
    { language = 'zh' }: Partial<Pick<Request, 'language'>>,
    response: Response,
    _next: NextFunction,
  ): void => {
    if (response.headersSent) return void response.end();
    const { status, ...body } = answerOf(error, language) ?? unexpected(error, logger);
    if (body.retryAfterMs !== undefined)
      response.set('retry-after', `${Math.ceil(body.retryAfterMs / 1000)}`);
    response.status(status).json(body);
  };
}

function answerOf(error: unknown, language: Language): Answer | undefined {
  if (isServiceError(error)) return ofGateway(error, language);
  if (error instanceof Refusal) {
    const { code, reason, message, retryAfterMs } = error;
    return { status: STATUS[Code[code]] ?? 500, code, reason, message, retryAfterMs };
  }
  // Of Express and its parsers, as for a body that is too large.
  const status: unknown = Reflect.get(Object(error), 'status');
  if (typeof status !== 'number' || status < 400 || status >= 500) return undefined;
  return { status, code: 'INVALID_ARGUMENT', reason: '', message: (error as Error).message };
}

function ofGateway(error: ServiceError, language: Language): Answer {
  const { reason = '', facts, violations, retryAfterMs } = detailsOfError(error);
  const fields = violations.map((one) => ({
    field: one.field,
    reason: one.reason,
    description: descriptionOf(one, language),
  }));
  // Not the fault of the user, whose login has not ended.
  const isOfConsole = error.code === Code.UNAUTHENTICATED;
  return {
    status: isOfConsole ? 503 : (STATUS[error.code] ?? 500),
    code: Code[error.code] ?? '',
    reason: isOfConsole ? 'CREDENTIAL_REFUSED' : reason,
    message: error.details,
    hint: hintOf(reason, language),
    violations: fields,
    api: facts.api,
    retryAfterMs,
  };
}

/** What is wrong with a field; the gateway's own text if its reason is one of a later version. */
export function descriptionOf({ reason, args, description }: CallViolation, language: Language): string {
  if (language === 'en' || !Object.hasOwn(VIOLATIONS, reason)) return description;
  return textWith(VIOLATIONS[reason as ViolationReason][1], args);
}

function hintOf(reason: string, language: Language): string {
  if (!Object.hasOwn(RPC_ERRORS, reason)) return '';
  const { hint, hintZh }: RpcErrorRow = RPC_ERRORS[reason as keyof typeof RPC_ERRORS];
  return language === 'zh' ? hintZh : hint;
}

function unexpected(error: unknown, logger: Logger): Answer {
  logger.error({ error: error instanceof Error ? error.stack : String(error) }, 'unexpected error');
  return { status: 500, code: 'INTERNAL', reason: '' };
}
