import { type WechatCall, WechatCallEffect, type WechatCallResponse } from '@wxa/contracts';
import type { Api, WxaResult } from '@wxa/wxa-client';
import { characters, type Rule } from './checks.js';
import { jsonObjectProblem } from './code/ext-json.js';
import { type CallContext, type CallResult, defineListedChange, defineQuery } from './room.js';
import { serviceError } from './service-errors.js';

const MAX_BODY_BYTES = 64 * 1024;
const MAX_RESPONSE_BYTES = 256 * 1024;

/** What the entry of the policy does not say: it is checked with the entry. */
const rules: readonly Rule<WechatCall>[] = [
  function* ({ query }) {
    for (const [name, value] of Object.entries(query)) {
      const wrong = characters(0, 1024)(value);
      if (wrong !== undefined) yield { ...wrong, field: `query.${name}` };
    }
  },
  function* ({ isGet, bodyJson }) {
    const wrong = isGet ? characters(0, 0)(bodyJson) : jsonObjectProblem(bodyJson, MAX_BODY_BYTES);
    if (wrong !== undefined) yield { ...wrong, field: 'body_json' };
  },
];

/** Their API is that of the operation. */
const definition = { api: '' as Api, validate: rules, call } as const;

export const queryWechat = defineQuery('QueryWechat', definition);
export const changeWechat = defineListedChange('ChangeWechat', definition);

async function call(
  { api, isGet, query, bodyJson, effect }: WechatCall,
  { client, options }: CallContext,
): Promise<CallResult<WechatCallResponse>> {
  const body = isGet ? undefined : bodyJson;
  const result: WxaResult<string> = await client.listedCall({ api, query, body }, options);
  if (result.kind === 'ok') {
    if (Buffer.byteLength(result.value) > MAX_RESPONSE_BYTES) return tooLarge(api);
    return { kind: 'ok', value: { responseJson: result.value } };
  }
  // Whether an unreadable answer means that a change was executed is not known.
  if (result.kind !== 'ambiguous' || effect !== WechatCallEffect.WECHAT_CALL_EFFECT_NONE) return result;
  if (result.cause === 'too-large') return tooLarge(api);
  if (result.cause !== 'unreadable') return result;
  return { kind: 'error', error: serviceError('responseNotJson', 'the answer is not a JSON object', api) };
}

function tooLarge(api: string): CallResult<never> {
  const errmsg = `executed, but the answer has more than ${MAX_RESPONSE_BYTES} bytes`;
  return { kind: 'error', error: serviceError('responseTooLarge', errmsg, api) };
}
