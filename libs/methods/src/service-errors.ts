import { OPERATION_REASONS } from '@wxa/contracts';
import { describeErrcode, fullHint, type WxaError, type WxaResult } from '@wxa/wxa-client';

type ServiceError = Pick<WxaError, 'reason' | 'category' | 'retryable' | 'hint'>;

const serviceErrorRow = (
  reason: string,
  category: WxaError['category'],
  retryable: boolean,
  hint: string,
): ServiceError => ({
  reason,
  category,
  retryable,
  hint,
});

/** A reason with the same hint as in docs/errors.md. */
function documented(reason: keyof typeof OPERATION_REASONS): ServiceError {
  const { category, retryable, hint } = OPERATION_REASONS[reason];
  return { reason, category, retryable, hint };
}

/** Reasons for a failure or delay for which WeChat has no errcode. */
const SERVICE_ERRORS = {
  notAuthorized: serviceErrorRow(
    'NOT_AUTHORIZED',
    'TOKEN',
    false,
    'The mini-program has not authorized the platform. Authorize it, then retry.',
  ),
  tokenUnavailable: serviceErrorRow(
    'TOKEN_UNAVAILABLE',
    'TOKEN',
    true,
    'No access token available; the request was not sent. Check the token source.',
  ),
  workerLost: serviceErrorRow(
    'WORKER_LOST',
    'TRANSPORT',
    false,
    'The worker stopped during the call. The operation is being reconciled; if that is inconclusive, use ResolveOperation.',
  ),
  throttled: serviceErrorRow(
    'PACED',
    'RATE',
    true,
    "Throttled by this service's rate limit; continues automatically.",
  ),
  apiStopped: serviceErrorRow(
    'API_STOPPED',
    'RATE',
    true,
    'An operator has stopped this API; continues automatically when the stop ends.',
  ),
  wechatUnavailable: serviceErrorRow(
    'CONNECT_FAILED',
    'TRANSPORT',
    true,
    'Not sent: WeChat is unavailable; continues automatically.',
  ),
  inconclusive: serviceErrorRow(
    'UNCLEAR',
    'STATE',
    false,
    "WeChat's state does not show whether an earlier attempt was executed. Check it, then use ResolveOperation.",
  ),
  restored: serviceErrorRow(
    'RESTORED',
    'TRANSPORT',
    false,
    'Postgres was restored to a time before the call. The operation is being reconciled; if that is inconclusive, use ResolveOperation.',
  ),
  contentLost: serviceErrorRow(
    'CONTENT_LOST',
    'INTERNAL',
    false,
    'Postgres was restored to a time before the file or token was received. Send it again with a new request_id.',
  ),
  commitMissing: documented('COMMIT_MISSING'),
  domainChangesExhausted: documented('DOMAIN_CHANGES_EXHAUSTED'),
  guideNotStored: documented('GUIDE_NOT_STORED'),
  resultUnknown: documented('RESULT_UNKNOWN'),
  responseTooLarge: documented('RESPONSE_TOO_LARGE'),
  responseNotJson: documented('RESPONSE_NOT_JSON'),
  interfaceNotApplicable: documented('INTERFACE_NOT_APPLICABLE'),
  internal: serviceErrorRow(
    'INTERNAL',
    'INTERNAL',
    false,
    'Internal error of this service; its log has the operation id.',
  ),
} as const;

/** An error of this service, in the form of WeChat's errors. */
export function serviceError(name: keyof typeof SERVICE_ERRORS, errmsg: string, api: string): WxaError {
  return { errcode: 0, errmsg, rid: '', api, ...SERVICE_ERRORS[name] };
}

/** The error of a call that is not sent because its API is stopped. */
export function apiStopped(api: string, by: 'wechat' | 'operator'): WxaError {
  return by === 'wechat'
    ? quotaExhausted(api)
    : serviceError('apiStopped', 'not sent: the API is stopped', api);
}

/** The platform's monthly quota of an API is exhausted. */
function quotaExhausted(api: string): WxaError {
  const { errcode, reason, category, retryable, ...texts } = describeErrcode(85085);
  const errmsg = 'not sent: WeChat rejects this API for the rest of the month';
  return { errcode, errmsg, rid: '', reason, category, retryable, hint: fullHint(texts), api };
}

const AUTHORIZATION_GONE: ReadonlySet<number> = new Set([42002, 42007, 61003, 61023]);

/** Whether the mini-program withdrew its authorization, its admin changed the password, or its refresh token expired. */
export function isAuthorizationGone({ errcode }: Pick<WxaError, 'errcode'>): boolean {
  return AUTHORIZATION_GONE.has(errcode);
}

const PRIVACY_CHECK_RUNNING = 61039;

/** Whether WeChat's privacy check of the committed code has not completed. */
export function isPrivacyCheckRunning(result: WxaResult<unknown>): boolean {
  return result.kind === 'error' && result.error.errcode === PRIVACY_CHECK_RUNNING;
}
