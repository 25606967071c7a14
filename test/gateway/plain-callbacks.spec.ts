import { expect, it } from '@jest/globals';
import { newAppid } from '../appid.js';
import { readMetric } from '../metrics/exposition.js';
import { useSharedGateway } from './use-gateway.js';

const { gateway, database } = useSharedGateway();

/** As a gateway in secure mode gets it. */
const ENCRYPTED = '<xml><ToUserName>x</ToUserName><Encrypt><![CDATA[AAAA]]></Encrypt></xml>';

async function post(path: string, body: string): Promise<string> {
  const response = await fetch(`${gateway.http}/wechat/callback${path}`, { method: 'POST', body });
  return `${response.status} ${await response.text()}`;
}

it('A gateway in plain mode answers malformed and encrypted callbacks with 403 and counts them by reason', async () => {
  const path = `/${newAppid()}`;
  expect(await post(path, '{')).toBe('403 refused');
  const now = Math.floor(Date.now() / 1000);
  const query = `?msg_signature=s&timestamp=${now}&nonce=n&encrypt_type=aes`;
  expect(await post(`${path}${query}`, ENCRYPTED)).toBe('403 refused');
  const rejections = await Promise.all(
    ['xml', 'unsigned'].map((reason) =>
      readMetric(gateway.http, `wxa_callback_rejections_total{reason="${reason}"}`),
    ),
  );
  expect(rejections).toEqual([1, 1]);
});

it('A ticket is answered with success and stored only by a gateway with tokens of its own', async () => {
  const ticket =
    '<xml><AppId>wx_the_platform</AppId><CreateTime>1413192605</CreateTime><InfoType>component_verify_ticket</InfoType>' +
    '<ComponentVerifyTicket>t</ComponentVerifyTicket></xml>';
  expect(await post('', ticket)).toBe('200 success');
  expect(await database.rows('select from components')).toEqual([]);
});
