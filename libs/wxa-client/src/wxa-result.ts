import type { Endpoint } from './endpoints/endpoint.js';
import { describeErrcode, type ErrcodeInfo, fullHint, isRetryableCategory } from './errcodes/errcodes.js';
import { describeHttpRefusal, type HttpRefusalInfo } from './errcodes/http-statuses.js';
import { type HttpAnswer, type HttpFailure, percentEncode } from './transport/http-exchange.js';
import { int32, type JsonObject, parseObject, text } from './transport/wechat-json.js';

/** Why a call is retryable. Only after `busy` (-1) WeChat may have executed it. */
export type RetryableCause = 'busy' | 'rate' | 'token' | 'connect';

/** Why it is unknown whether WeChat executed a call. `intermediary`: a 4xx without an errcode, perhaps of a proxy. */
export type AmbiguousCause =
  | 'timeout'
  | 'reset'
  | 'http-status'
  | 'intermediary'
  | 'unreadable'
  | 'too-large'
  | 'aborted';

/** An error; its texts contain no token and no other secret. */
export interface WxaError extends Pick<ErrcodeInfo, 'category' | 'retryable' | 'reason'> {
  /** The errcode is WeChat's; 0 if WeChat returned none. */
  errcode: number;
  /** WeChat's message, truncated to 1,000 characters, or a message of this client. */
  errmsg: string;
  /** The values in `errmsg`, by name, if it is a sentence of the user of this client. */
  arguments?: Record<string, string>;
  /** WeChat's request id, for WeChat support; empty if WeChat returned none. */
  rid: string;
  /** What to do, in English; of an errcode followed by the same in Chinese in square brackets. */
  hint: string;
  /** The API called, e.g. `wxa/commit`. */
  api: string;
}

/**
 * The result of a call; nothing is thrown.
 * - `ok`: executed.
 * - `error`: permanently rejected.
 * - `retryable`: not executed, except that with the cause `busy` WeChat may have executed it.
 * - `ambiguous`: the outcome is unknown; check WeChat's state before a retry.
 */
export type WxaResult<T> =
  | { kind: 'ok'; value: T }
  | { kind: 'error'; error: WxaError }
  | { kind: 'retryable'; cause: RetryableCause; error: WxaError }
  | { kind: 'ambiguous'; cause: AmbiguousCause; error: WxaError };

/** Codes after which the call may succeed with a new token; other token errors need a new authorization. */
const tokenCodes: ReadonlySet<number> = new Set([40001, 40014, 42001]);

/** Classifies a transport failure: retryable if nothing was sent, else ambiguous. */
export function classifyFailure<T>(api: string, { cause, sent, code }: HttpFailure): WxaResult<T> {
  const error = transportError(api, cause, sent, code);
  if (!sent || cause === 'connect') return { kind: 'retryable', cause: 'connect', error };
  return { kind: 'ambiguous', cause, error };
}

/** Classifies a response of WeChat, or of an intermediary. */
export function classifyAnswer<Request, T>(
  endpoint: Endpoint<Request, T>,
  request: Request,
  answer: HttpAnswer,
  token: string,
): WxaResult<T> {
  const { api } = endpoint;
  const { status, body, contentType } = answer;
  const json = parseObject(body);
  const errcode = int32(json?.errcode);
  if (json && errcode !== 0 && speaksForWeChat(status)) {
    const secrets = [token, ...(endpoint.secrets?.(request) ?? [])];
    return refused(wechatError(api, refusalIn(json, errcode), secrets), endpoint.withoutToken);
  }
  // A 4xx with errcode 0 is contradictory, and so ambiguous.
  const refusal = json?.errcode === undefined ? describeHttpRefusal(status) : undefined;
  if (refusal !== undefined) {
    const error = httpError(api, status, refusal);
    return refusal.reachedApi === 'never'
      ? { kind: 'error', error }
      : { kind: 'ambiguous', cause: 'intermediary', error };
  }
  if (status !== 200) return ambiguous(api, 'http-status', String(status));
  const value = json ? endpoint.read(json, request) : endpoint.readBytes?.(body, contentType);
  return value === undefined ? ambiguous(api, 'unreadable') : { kind: 'ok', value };
}

/**
 * WeChat responds with 200 to everything. A 4xx with an errcode is a rejection in WeChat's format, so the code counts. A 5xx
 * may be sent after the call was forwarded, so its body does not count.
 */
function speaksForWeChat(status: number): boolean {
  return status === 200 || (status >= 400 && status < 500);
}

function refusalIn(json: JsonObject, errcode: number): { errcode: number; errmsg: string; rid: string } {
  return { errcode, errmsg: text(json.errmsg), rid: text(json.rid) };
}

function refused<T>(error: WxaError, withoutToken = false): WxaResult<T> {
  const cause = retryableCause(error, withoutToken);
  return cause ? { kind: 'retryable', cause, error } : { kind: 'error', error };
}

function retryableCause({ category, errcode }: WxaError, withoutToken: boolean): RetryableCause | undefined {
  if (category === 'BUSY') return 'busy';
  if (category === 'RATE') return 'rate';
  // For a call without a token, 40001 means that the app secret is wrong.
  return tokenCodes.has(errcode) && !withoutToken ? 'token' : undefined;
}

function ambiguous<T>(api: string, cause: Exclude<TransportCause, 'connect'>, detail = ''): WxaResult<T> {
  return { kind: 'ambiguous', cause, error: transportError(api, cause, true, detail) };
}

const maxErrmsgLength = 1000;

/** Causes of transport errors; only `connect` occurs before anything was sent. */
type TransportCause = Exclude<AmbiguousCause, 'intermediary'> | 'connect';

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
function transportError(api: string, cause: TransportCause, sent: boolean, detail = ''): WxaError {
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
function httpError(api: string, status: number, info: HttpRefusalInfo): WxaError {
  const { reachedApi, reason, category, retryable, hint } = info;
  const what = reachedApi === 'never' ? 'rejected before it reached an API' : 'rejected by an intermediary';
  const errmsg = `${what} (HTTP status ${status})`;
  return { errcode: 0, errmsg, rid: '', category, retryable, hint, reason, api };
}

/**
 * Makes the error of a rejection by WeChat. `secrets` are redacted, because a proxy or WeChat may echo them.
 */
function wechatError(
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
