import type { Endpoint } from './endpoints/endpoint.js';
import type { HttpAnswer, HttpFailure } from './http-exchange.js';
import { describeHttpRefusal } from './http-statuses.js';
import { int32, type JsonObject, parseObject, text } from './wechat-json.js';
import { httpError, type TransportCause, transportError, wechatError } from './wxa-error.js';
import type { RetryableCause, WxaError, WxaResult } from './wxa-result.js';

/** Codes after which a new token and the same call again are the answer; others need a new authorization. */
const tokenCodes: ReadonlySet<number> = new Set([40001, 40014, 42001]);

/** A failure on the way: harmless as long as nothing was sent, whatever the cause. */
export function classifyFailure<T>(api: string, { cause, sent, code }: HttpFailure): WxaResult<T> {
  const error = transportError(api, cause, sent, code);
  if (!sent || cause === 'connect') return { kind: 'retryable', cause: 'connect', error };
  return { kind: 'ambiguous', cause, error };
}

/** What an answer of WeChat, or of something on the way to it, amounts to. */
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
  // With an errcode 0 a 4xx contradicts itself.
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
 * WeChat answers everything with 200. A 4xx that carries an errcode is a refusal by something that speaks
 * its language, so the code counts. A 5xx may have come up after the call was passed on, whatever it says.
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
  // 40001 also says that the app secret is wrong, where that is what was sent.
  return tokenCodes.has(errcode) && !withoutToken ? 'token' : undefined;
}

function ambiguous<T>(api: string, cause: Exclude<TransportCause, 'connect'>, detail = ''): WxaResult<T> {
  return { kind: 'ambiguous', cause, error: transportError(api, cause, true, detail) };
}
