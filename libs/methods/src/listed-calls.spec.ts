import { expect, it } from '@jest/globals';
import { WechatCall, WechatCallEffect } from '@wxa/contracts';
import type { WxaResult } from '@wxa/wxa-client';
import { violationsBy } from './checks.js';
import { changeWechat, queryWechat } from './listed-calls.js';
import type { CallContext } from './room.js';

const { WECHAT_CALL_EFFECT_NONE: NONE, WECHAT_CALL_EFFECT_ONCE: ONCE } = WechatCallEffect;
const KIB = 1024;
const ok = (bytes: number): WxaResult<string> => ({ kind: 'ok', value: 'a'.repeat(bytes) });
const ambiguous = (cause: string) => ({ kind: 'ambiguous', cause, error: {} }) as WxaResult<string>;

it.each<[string, string, WechatCallEffect, WxaResult<string>]>([
  ['a query of 256 KiB', 'ok', NONE, ok(256 * KIB)],
  ['a query of more', 'RESPONSE_TOO_LARGE', NONE, ok(256 * KIB + 1)],
  ['a change of more', 'RESPONSE_TOO_LARGE', ONCE, ok(256 * KIB + 1)],
  ['a query that is not read to its end', 'RESPONSE_TOO_LARGE', NONE, ambiguous('too-large')],
  ['a query that is no JSON', 'RESPONSE_NOT_JSON', NONE, ambiguous('unreadable')],
  ['a query that does not come', 'ambiguous', NONE, ambiguous('timeout')],
  // Whether a change was executed is not known.
  ['a change that is not read to its end', 'ambiguous', ONCE, ambiguous('too-large')],
  ['a change that is no JSON', 'ambiguous', ONCE, ambiguous('unreadable')],
])('The result of an answer to %s is %s', async (_what, end, effect, result) => {
  const room = effect === NONE ? queryWechat : changeWechat;
  const context = { client: { listedCall: async () => result } } as unknown as CallContext;
  const called = await room.call(WechatCall.fromPartial({ api: 'wxa/a', effect }), context);
  expect(called.kind === 'error' ? called.error.reason : called.kind).toBe(end);
});

it('A body is an object of at most 64 KiB, of a GET empty, and a parameter has 1,024 characters at most', () => {
  const refused = (call: Partial<WechatCall>) =>
    violationsBy(changeWechat.validate, WechatCall.fromPartial(call)).map(({ field }) => field);
  const body = (bytes: number) => ({ bodyJson: `{"a":"${'a'.repeat(bytes - 8)}"}` });
  expect([refused(body(64 * KIB)), refused(body(64 * KIB + 1))]).toEqual([[], ['body_json']]);
  const query = { a: 'a'.repeat(1_024), b: 'b'.repeat(1_025) };
  expect(refused({ isGet: true, query })).toEqual(['query.b']);
  expect(refused({ isGet: true, bodyJson: '{}' })).toEqual(['body_json']);
});
