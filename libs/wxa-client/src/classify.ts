import type { Endpoint } from './endpoints/endpoint.js';
import { describeHttpRefusal } from './errcodes/http-statuses.js';
import type { HttpAnswer, HttpFailure } from './transport/http-exchange.js';
import { int32, type JsonObject, parseObject, text } from './transport/wechat-json.js';
import { httpError, type TransportCause, transportError, wechatError } from './wxa-error.js';
import type { RetryableCause, WxaError, WxaResult } from './wxa-result.js';

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
