import type { WxaResult } from '@wxa/wxa-client';

/** Changes the value of a success. */
export function map<T, R>(result: WxaResult<T>, change: (value: T) => R): WxaResult<R> {
  return result.kind === 'ok' ? { kind: 'ok', value: change(result.value) } : result;
}

/** For a method whose success has no message. */
export function withoutResult(result: WxaResult<unknown>): WxaResult<undefined> {
  return map(result, () => undefined);
}
