import { expect, it } from '@jest/globals';
import { wxa } from '../wxa.js';
import { useStubGateway } from './stub-gateway.js';

const RESPONSE = '{"errcode":0,"id":1234567890123456789,"name":"a\u202eb"}';
const settings = useStubGateway({ 'Calls/QueryWechat': () => ({ responseJson: RESPONSE }) });
const args = ['call', 'LISTED', '--appid', 'wx0123456789abcdef'];

it("`wxa call --json` prints WeChat's numbers as they are and escapes control characters", async () => {
  const { code, out } = await wxa([...args, '--json'], settings);
  expect({ code, out }).toEqual({ code: 0, out: `${RESPONSE.replace('\u202e', '\\u202e')}\n` });
});

it("`wxa call` replaces the control characters of WeChat's answer", async () => {
  const { code, out } = await wxa(args, settings);
  expect({ code, out }).toEqual({ code: 0, out: `${RESPONSE.replace('\u202e', '\ufffd')}\n` });
});
