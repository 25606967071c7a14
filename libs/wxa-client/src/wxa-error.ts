import { describeErrcode, fullHint, isRetryableCategory } from './errcodes.js';
import type { HttpRefusalInfo } from './http-statuses.js';
import { percentEncode } from './percent-encode.js';
import type { AmbiguousCause, WxaError } from './wxa-result.js';

const maxErrmsgLength = 1000;

/** What can go wrong on the way; `connect` is the one that comes before anything was sent. */
export type TransportCause = Exclude<AmbiguousCause, 'intermediary'> | 'connect';

const transport: Record<TransportCause, { reason: string; errmsg: string }> = {
  connect: { reason: 'CONNECT_FAILED', errmsg: 'no connection to WeChat' },
  timeout: { reason: 'TIMEOUT', errmsg: 'no complete answer in time' },
  reset: { reason: 'CONNECTION_RESET', errmsg: 'the connection broke before the answer was complete' },
  'http-status': { reason: 'HTTP_STATUS', errmsg: 'unexpected HTTP status' },
  unreadable: { reason: 'ANSWER_UNREADABLE', errmsg: 'the answer is not what this API gives' },
  'too-large': { reason: 'ANSWER_TOO_LARGE', errmsg: 'the answer is larger than allowed' },
  aborted: { reason: 'ABORTED', errmsg: 'the caller aborted the call' },
};

const sentHint = 'WeChat may have acted; find out before doing it again.';
const unsentHint = 'Nothing was sent; try again.';

/** `detail` must be a code or a number of ours, never a text from outside: that may hold the URL with its token. */
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

/** A 4xx that carries no errcode. */
export function httpError(api: string, status: number, info: HttpRefusalInfo): WxaError {
  const { reachedApi, reason, category, retryable, hint } = info;
  const what = reachedApi === 'never' ? 'refused before an API saw it' : 'refused on the way';
  const errmsg = `${what} (HTTP status ${status})`;
  return { errcode: 0, errmsg, rid: '', category, retryable, hint, reason, api };
}

/** WeChat's own refusal. Takes what is secret only to blot it out where a proxy or WeChat echoes it. */
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

/** No token was given for the call, so none was made. */
export function tokenUnavailable(api: string): WxaError {
  return {
    errcode: 0,
    errmsg: 'no access token was given',
    rid: '',
    category: 'TOKEN',
    retryable: false,
    hint: 'Give a token to the client or to the call.',
    reason: 'TOKEN_UNAVAILABLE',
    api,
  };
}

/** Cut between characters, never within one. */
function truncated(text: string): string {
  return [...text.slice(0, maxErrmsgLength * 2)].slice(0, maxErrmsgLength).join('');
}

function redact(text: string, secrets: string[]): string {
  return secrets
    .filter(Boolean)
    .flatMap((secret) => [secret, percentEncode(secret)])
    .reduce((left, secret) => left.replaceAll(secret, '***'), text);
}
