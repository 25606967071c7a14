import { expect, it } from '@jest/globals';
import { newAppid } from '../appid.js';
import { readMetric } from '../metrics/exposition.js';
import { callbacksTo, info, now } from './encrypted-callback.js';
import { useSharedGateway } from './use-gateway.js';

const { gateway, database } = useSharedGateway();
const { post } = callbacksTo(gateway);

/** As a gateway in secure mode gets it. */
const ENCRYPTED = '<xml><ToUserName>x</ToUserName><Encrypt><![CDATA[AAAA]]></Encrypt></xml>';

it('A gateway in plain mode answers malformed and encrypted callbacks with 403 and counts them by reason', async () => {
  const path = `/${newAppid()}`;
  expect(await post(path, '{')).toBe('403 refused');
  const query = `?msg_signature=s&timestamp=${now()}&nonce=n&encrypt_type=aes`;
  expect(await post(`${path}${query}`, ENCRYPTED)).toBe('403 refused');
  const rejections = await Promise.all(
    ['xml', 'unsigned'].map((reason) =>
      readMetric(gateway.http, `wxa_callback_rejections_total{reason="${reason}"}`),
    ),
  );
  expect(rejections).toEqual([1, 1]);
});

it('A ticket is answered with success and stored only by a gateway with tokens of its own', async () => {
  const ticket = '<ComponentVerifyTicket>t</ComponentVerifyTicket>';
  expect(await post('', info('component_verify_ticket', ticket))).toBe('200 success');
  expect(await database.rows('select from components')).toEqual([]);
});
