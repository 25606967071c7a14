import type { WxaResult } from '@wxa/wxa-client';

/** Maps the value of a successful result. */
export function map<T, R>(result: WxaResult<T>, change: (value: T) => R): WxaResult<R> {
  return result.kind === 'ok' ? { kind: 'ok', value: change(result.value) } : result;
}

/** The result of a method whose message is empty. */
export function withoutResult(result: WxaResult<unknown>): WxaResult<undefined> {
  return map(result, () => undefined);
}
