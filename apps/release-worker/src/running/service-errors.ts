import { describeErrcode, fullHint, type WxaError } from '@wxa/wxa-client';

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

/** The reasons to fail or wait that WeChat has no code for. */
const SERVICE_ERRORS = {
  notAuthorized: serviceErrorRow(
    'NOT_AUTHORIZED',
    'TOKEN',
    false,
    'The platform has no authorization of this mini-program: have it authorized, then ask again.',
  ),
  tokenUnavailable: serviceErrorRow(
    'TOKEN_UNAVAILABLE',
    'TOKEN',
    true,
    'No access token could be had, so WeChat was not called: look after the token source.',
  ),
  workerLost: serviceErrorRow(
    'WORKER_LOST',
    'TRANSPORT',
    false,
    'The worker ended in the middle of the call: WeChat is asked whether it happened; if it can not tell, settle it with ResolveOperation.',
  ),
  throttled: serviceErrorRow('PACED', 'RATE', true, 'It waits for our own rate limit and goes on by itself.'),
  wechatUnavailable: serviceErrorRow(
    'CONNECT_FAILED',
    'TRANSPORT',
    true,
    'Nothing was sent: it waits until WeChat can be reached and goes on by itself.',
  ),
  inconclusive: serviceErrorRow(
    'UNCLEAR',
    'STATE',
    false,
    'WeChat was asked whether an earlier try was done and can not tell: find out, then settle it with ResolveOperation.',
  ),
  internal: serviceErrorRow(
    'INTERNAL',
    'INTERNAL',
    false,
    'A fault of this service; its log has the operation id.',
  ),
} as const;

/** An error of ours, in the form of WeChat's. */
export function serviceError(name: keyof typeof SERVICE_ERRORS, errmsg: string, api: string): WxaError {
  return { errcode: 0, errmsg, rid: '', api, ...SERVICE_ERRORS[name] };
}

/** What another call was told, whose quota for the month is the whole platform's. */
export function quotaExhausted(api: string): WxaError {
  const { errcode, reason, category, retryable, ...texts } = describeErrcode(85085);
  const errmsg = 'not sent: WeChat has refused this API for the rest of the month';
  return { errcode, errmsg, rid: '', reason, category, retryable, hint: fullHint(texts), api };
}
