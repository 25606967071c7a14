import { OPERATION_REASONS } from '@wxa/contracts';
import { failsPrecondition, ROOMS, serviceError } from '@wxa/methods';
import type { WxaError } from '@wxa/wxa-client';

/** The result of a listed change is unknown, and nothing can be read that shows it. */
export function resultUnknown(last: WxaError): WxaError {
  if (last.reason === 'RESULT_UNKNOWN') return last;
  const code = last.errcode === 0 ? '' : `${last.errcode} `;
  return serviceError('resultUnknown', `the result is unknown; last error: ${code}${last.errmsg}`, last.api);
}

/** What to do about an operation that was not executed before its deadline, by its reason. */
const NOT_EXECUTED: Record<string, string> = {
  DEADLINE: 'Not executed. Retry with a new request_id once WeChat has recovered.',
  SUBMIT_STUCK: `Not executed. ${OPERATION_REASONS.SUBMIT_STUCK.hint}`,
};

/** Without an errcode, and not to be repeated. */
const FINAL: ReadonlySet<string> = new Set(['HTTP_REFUSED', 'GUIDE_NOT_STORED', 'RESPONSE_TOO_LARGE']);

/**
 * Whether the call was rejected for a permanent reason, by WeChat or by a precondition: neither a lost response nor a
 * failure of this service (deadline, no token, worker lost).
 */
export function isRejection({ errcode, reason }: Pick<WxaError, 'errcode' | 'reason'>): boolean {
  return errcode !== 0 || failsPrecondition({ reason }) || FINAL.has(reason);
}

const IN_DOUBT =
  'WeChat may have executed an earlier attempt. The service reconciles it; if that is inconclusive, use ResolveOperation.';

/** This attempt has ended, but whether an earlier one was executed is still unknown. */
export function inDoubt(error: WxaError): WxaError {
  if (isRejection(error)) return { ...error, hint: `${IN_DOUBT} ${error.hint}` };
  return error.reason in NOT_EXECUTED ? { ...error, hint: IN_DOUBT } : error;
}

/** Undoes `inDoubt`, once reads show that no earlier attempt was executed. */
export function outOfDoubt(error: WxaError): WxaError {
  const { hint } = error;
  return hint.startsWith(`${IN_DOUBT} `) ? { ...error, hint: hint.slice(IN_DOUBT.length + 1) } : error;
}

const BUSY = -1;

/** The error of an operation that was not executed before its deadline. */
export function deadlineError(last: WxaError): WxaError {
  const passed = NOT_EXECUTED[last.reason];
  if (passed !== undefined) return { ...last, hint: passed };
  // WeChat's own advice of December 2025 is to add the template again.
  const isStuck = last.errcode === BUSY && last.api === ROOMS.SubmitAudit.api;
  const reason = isStuck ? 'SUBMIT_STUCK' : 'DEADLINE';
  const code = last.errcode === 0 ? '' : `${last.errcode} `;
  return {
    ...last,
    errcode: 0,
    errmsg: `deadline exceeded; last error: ${code}${last.errmsg}`,
    reason,
    category: 'DEADLINE',
    retryable: OPERATION_REASONS[reason].retryable,
    hint: NOT_EXECUTED[reason] ?? '',
  };
}
