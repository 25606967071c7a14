import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AuditCompleted, TOPICS } from '@wxa/contracts';
import { encryptMessage, sign } from '@wxa/wxa-client';
import { logged } from '../app-log.js';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { COMPONENT_SETTINGS } from './component-settings.js';
import { follow } from './follow.js';
import { useSharedGateway } from './use-gateway.js';

const {
  WECHAT_CALLBACK_TOKEN: TOKEN,
  WECHAT_COMPONENT_APPID: COMPONENT,
  WECHAT_ENCODING_AES_KEY: KEY,
  WECHAT_ENCODING_AES_KEY_PREVIOUS: PREVIOUS_KEY,
} = COMPONENT_SETTINGS;
const { backends, gateway: secure, database } = useSharedGateway('component');
let audits: Awaited<ReturnType<typeof follow>>;
beforeAll(async () => {
  audits = await follow(backends, secure, TOPICS.audits);
}, 60_000);
afterAll(() => audits?.stop());

const REASON = '1:账号信息不符合规范:<br>(1):包含色情因素<br>';
const audit = (event: string, more: string) =>
  `<xml><ToUserName><![CDATA[gh_fb9688c2a4b2]]></ToUserName><FromUserName><![CDATA[o]]></FromUserName>
  <CreateTime>1488856741</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[${event}]]></Event>${more}</xml>`;
const approved = audit('weapp_audit_success', '<SuccTime>1488856741</SuccTime>');
const rejected = audit(
  'weapp_audit_fail',
  `<Reason><![CDATA[${REASON}]]></Reason><FailTime>1488856591</FailTime><ScreenShot>a|b</ScreenShot>`,
);

async function post(url: string, body: string): Promise<string> {
  const response = await fetch(url, { method: 'POST', body });
  return `${response.status} ${await response.text()}`;
}

interface Encryption {
  key?: string;
  receiver?: string;
}

function encrypted(message: string, { key = KEY, receiver = COMPONENT }: Encryption = {}) {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const encrypt = encryptMessage({ encodingAesKey: key, message, receiveId: receiver });
  const signature = sign(TOKEN, timestamp, 'n1', encrypt);
  const query = `msg_signature=${signature}&timestamp=${timestamp}&nonce=n1&encrypt_type=aes`;
  return { query, body: `<xml><ToUserName>x</ToUserName><Encrypt><![CDATA[${encrypt}]]></Encrypt></xml>` };
}

function push(appid: string | undefined, message: string, encryption?: Encryption): Promise<string> {
  const { query, body } = encrypted(message, encryption);
  return post(`${secure.http}/wechat/callback${appid === undefined ? '' : `/${appid}`}?${query}`, body);
}

const pushesOf = (appid: string) => database.rows('select key from audit_pushes where appid = $1', [appid]);
const publishedOf = (appid: string) => audits.messages.filter(({ key }) => key === appid);

describe('encrypted callbacks', () => {
  it('A callback of nearly 1 MiB is published with its whole reason', async () => {
    const appid = newAppid();
    const reason = '长'.repeat(250_000);
    expect(await push(appid, rejected.replace(REASON, reason))).toBe('200 success');
    await eventually(() => publishedOf(appid).length === 1);
    expect(JSON.parse(String(publishedOf(appid)[0]?.value))).toMatchObject({ reason });
  });

  it('A callback delivered three times becomes one AuditCompleted', async () => {
    const appid = newAppid();
    expect(await push(appid, rejected)).toBe('200 success');
    const doubled = await Promise.all([push(appid, rejected), push(appid, rejected)]);
    expect(doubled).toEqual(['200 success', '200 success']);
    expect((await pushesOf(appid)).length).toBe(1);
    await eventually(() => publishedOf(appid).length > 0);
    await push(appid, approved);
    await eventually(() => publishedOf(appid).length >= 2);
    const events = publishedOf(appid);
    expect(events.length).toBe(2);
    const [first] = events;
    expect([first?.header('ce_type'), first?.header('ce_source')]).toEqual([
      'wxa.code.v1.AuditCompleted',
      `/wxa-code/${backends.topicPrefix}/gateway`,
    ]);
    expect(AuditCompleted.fromJSON(JSON.parse(String(first?.value)))).toEqual({
      appid,
      originalId: 'gh_fb9688c2a4b2',
      auditId: 0n,
      operationId: '',
      result: 'AUDIT_RESULT_REJECTED',
      reason: REASON,
      reasons: [{ title: '账号信息不符合规范', details: ['包含色情因素'] }],
      screenshots: ['a', 'b'],
      decidedTime: new Date(1488856591_000),
      source: 'AUDIT_SOURCE_CALLBACK',
      userVersion: '',
    });
  });

  it.each([
    ['encrypted for the mini-program itself', (appid: string) => ({ receiver: appid })],
    ['encrypted with the previous key', () => ({ key: PREVIOUS_KEY })],
  ])('A callback %s is accepted', async (_name, encryption) => {
    const appid = newAppid();
    expect(await push(appid, approved, encryption(appid))).toBe('200 success');
    expect((await pushesOf(appid)).length).toBe(1);
  });

  it('The log line of a callback has the mini-program that it is about', async () => {
    const appid = newAppid();
    expect(await push(appid, approved)).toBe('200 success');
    expect(await logged(secure.app, 'callback')).toContainEqual(
      expect.objectContaining({ msg: 'callback', event: 'weapp_audit_success', result: 'unmatched', appid }),
    );
  });

  it('A copied callback changes nothing at its own URL and is answered with 403 at the URL of another mini-program', async () => {
    const [appid, other] = [newAppid(), newAppid()];
    const { query, body } = encrypted(approved);
    const to = (whose: string) => post(`${secure.http}/wechat/callback/${whose}?${query}`, body);
    expect(await to(appid)).toBe('200 success');
    expect([await to(other), await to(appid), await to(other)]).toEqual([
      '403 refused',
      '200 success',
      '403 refused',
    ]);
    expect((await pushesOf(appid)).length).toBe(1);
    expect(await pushesOf(other)).toEqual([]);
  });

  it('A callback of an unused event is answered with success and stores nothing', async () => {
    const appid = newAppid();
    expect(await push(appid, audit('user_enter_tempsession', ''))).toBe('200 success');
    expect(await pushesOf(appid)).toEqual([]);
  });

  it('A callback that is plain, changed, too large or without a valid appid is answered with 403 and stores nothing', async () => {
    const appid = newAppid();
    const url = `${secure.http}/wechat/callback/${appid}`;
    const { query, body } = encrypted(approved);
    const answers = [
      await post(url, approved),
      await post(`${url}?${query}`, body.replace('<![CDATA[', '<![CDATA[A')),
      await post(`${url}?${query.replace('nonce=n1', 'nonce=n1&nonce=n1')}`, body),
      await post(`${url}?${query}`, `${body}${' '.repeat(1024 * 1024)}`),
      await push(undefined, approved),
      await push('wxNOT', approved),
      await push('%zz', approved),
      await push('%ff%00', approved),
    ];
    expect(new Set(answers)).toEqual(new Set(['403 refused']));
    expect(await pushesOf(appid)).toEqual([]);
  });
});

describe('callback HTTP methods', () => {
  it.each(['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])(
    'A %s request to a callback URL is answered with 403',
    async (method) => {
      for (const path of ['', `/${newAppid()}`]) {
        const answer = await fetch(`${secure.http}/wechat/callback${path}?msg_signature=a`, { method });
        expect([answer.status, await answer.text()]).toEqual([403, 'refused']);
      }
    },
  );
});
