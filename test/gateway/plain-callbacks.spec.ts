import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { TOPICS } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { readMetric } from '../metrics/exposition.js';
import { follow } from './follow.js';
import { useSharedGateway } from './use-gateway.js';

const { backends, gateway, database } = useSharedGateway();
let audits: Awaited<ReturnType<typeof follow>>;
beforeAll(async () => {
  audits = await follow(backends, gateway, TOPICS.audits);
}, 60_000);
afterAll(() => audits?.stop());

const approved = `<xml><ToUserName><![CDATA[gh_fb9688c2a4b2]]></ToUserName><FromUserName><![CDATA[o]]></FromUserName>
  <CreateTime>1488856741</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[weapp_audit_success]]></Event>
  <SuccTime>1488856741</SuccTime></xml>`;
/** As a gateway in secure mode gets it. */
const ENCRYPTED = '<xml><ToUserName>x</ToUserName><Encrypt><![CDATA[AAAA]]></Encrypt></xml>';
const publishedOf = (appid: string) => audits.messages.filter(({ key }) => key === appid);

async function post(path: string, body: string): Promise<string> {
  const response = await fetch(`${gateway.http}/wechat/callback${path}`, { method: 'POST', body });
  return `${response.status} ${await response.text()}`;
}

it('A gateway in plain mode publishes a callback in plain XML', async () => {
  const appid = newAppid();
  expect(await post(`/${appid}`, approved)).toBe('200 success');
  await eventually(() => publishedOf(appid).length === 1);
  const [event] = publishedOf(appid);
  expect(JSON.parse(String(event?.value))).toMatchObject({ appid, result: 'AUDIT_RESULT_APPROVED' });
});

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
