import { describeErrcode, fullHint, isRetryableCategory } from './errcodes/errcodes.js';
import type { HttpRefusalInfo } from './errcodes/http-statuses.js';
import { percentEncode } from './transport/http-exchange.js';
import type { AmbiguousCause, WxaError } from './wxa-result.js';

const maxErrmsgLength = 1000;

/** Causes of transport errors; only `connect` occurs before anything was sent. */
export type TransportCause = Exclude<AmbiguousCause, 'intermediary'> | 'connect';

const transport: Record<TransportCause, { reason: string; errmsg: string }> = {
  connect: { reason: 'CONNECT_FAILED', errmsg: 'no connection to WeChat' },
  timeout: { reason: 'TIMEOUT', errmsg: 'no complete response before the time-out' },
  reset: { reason: 'CONNECTION_RESET', errmsg: 'connection closed before the response was complete' },
  'http-status': { reason: 'HTTP_STATUS', errmsg: 'unexpected HTTP status' },
  unreadable: { reason: 'ANSWER_UNREADABLE', errmsg: 'the response does not have the format of this API' },
  'too-large': { reason: 'ANSWER_TOO_LARGE', errmsg: 'the response exceeds the size limit' },
  aborted: { reason: 'ABORTED', errmsg: 'the caller aborted the call' },
};

const sentHint = 'WeChat may have executed the call; check its state before a retry.';
const unsentHint = 'The request was not sent; retry.';

/** `detail` must be a code or a number of ours, never an external text, which may contain the URL with its token. */
export function transportError(api: string, cause: TransportCause, sent: boolean, detail = ''): WxaError {
  const { reason, errmsg } = transport[cause];
  return {
    errcode: 0,
    errmsg: detail ? `${errmsg} (${detail})` : errmsg,
    rid: '',
    category: 'TRANSPORT',
    retryable: isRetryableCategory('TRANSPORT'),
    hint: sent ? sentHint : unsentHint,
    reason,
    api,
  };
}

/** Makes the error of a 4xx without an errcode. */
export function httpError(api: string, status: number, info: HttpRefusalInfo): WxaError {
  const { reachedApi, reason, category, retryable, hint } = info;
  const what = reachedApi === 'never' ? 'rejected before it reached an API' : 'rejected by an intermediary';
  const errmsg = `${what} (HTTP status ${status})`;
  return { errcode: 0, errmsg, rid: '', category, retryable, hint, reason, api };
}

/**
 * Makes the error of a rejection by WeChat. `secrets` are redacted, because a proxy or WeChat may echo them.
 */
export function wechatError(
  api: string,
  answer: { errcode: number; errmsg: string; rid: string },
  secrets: string[],
): WxaError {
  const info = describeErrcode(answer.errcode);
  const { reason, category, retryable } = info;
  const errmsg = truncated(redact(answer.errmsg, secrets));
  const rid = redact(answer.rid, secrets) || (/\brid:\s*([\w*-]+)/.exec(errmsg)?.[1] ?? '');
  return { errcode: answer.errcode, errmsg, rid, category, retryable, hint: fullHint(info), reason, api };
}

/** The call has no token, so it was not sent. */
export function tokenUnavailable(api: string): WxaError {
  return {
    errcode: 0,
    errmsg: 'no access token was given',
    rid: '',
    category: 'TOKEN',
    retryable: false,
    hint: 'Pass a token to the client or to the call.',
    reason: 'TOKEN_UNAVAILABLE',
    api,
  };
}

/** Truncates between characters, never within one. */
function truncated(text: string): string {
  return [...text.slice(0, maxErrmsgLength * 2)].slice(0, maxErrmsgLength).join('');
}

function redact(text: string, secrets: string[]): string {
  return secrets
    .filter(Boolean)
    .flatMap((secret) => [secret, percentEncode(secret)])
    .reduce((left, secret) => left.replaceAll(secret, '***'), text);
}
