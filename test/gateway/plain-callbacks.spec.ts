import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TOPICS } from '@wxa/contracts';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
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

async function post(url: string, body: string): Promise<string> {
  const response = await fetch(url, { method: 'POST', body });
  return `${response.status} ${await response.text()}`;
}

describe('plain callbacks', () => {
  it('A gateway in plain mode publishes a callback in plain XML', async () => {
    const appid = newAppid();
    expect(await post(`${gateway.http}/wechat/callback/${appid}`, approved)).toBe('200 success');
    await eventually(() => publishedOf(appid).length === 1);
    const [event] = publishedOf(appid);
    expect(JSON.parse(String(event?.value))).toMatchObject({ appid, result: 'AUDIT_RESULT_APPROVED' });
  });

  it('A gateway in plain mode answers JSON and encrypted callbacks with 403', async () => {
    const url = `${gateway.http}/wechat/callback/${newAppid()}`;
    expect(await post(url, '{}')).toBe('403 refused');
    expect(
      await post(
        `${url}?msg_signature=s&timestamp=${Math.floor(Date.now() / 1000)}&nonce=n&encrypt_type=aes`,
        ENCRYPTED,
      ),
    ).toBe('403 refused');
  });

  it('A ticket is answered with success and stored only by a gateway with tokens of its own', async () => {
    const ticket =
      '<xml><AppId>wx_the_platform</AppId><CreateTime>1413192605</CreateTime><InfoType>component_verify_ticket</InfoType>' +
      '<ComponentVerifyTicket>t</ComponentVerifyTicket></xml>';
    expect(await post(`${gateway.http}/wechat/callback`, ticket)).toBe('200 success');
    expect(await database.rows('select from components')).toEqual([]);
  });

  it('The metrics count rejected callbacks by reason', async () => {
    const metrics = await (await fetch(`${gateway.http}/metrics`)).text();
    expect(metrics).toMatch(/wxa_callback_rejections_total\{reason="xml"\} 1/);
    expect(metrics).toMatch(/wxa_callback_rejections_total\{reason="unsigned"\} 1/);
  });
});
