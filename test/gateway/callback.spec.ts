import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { TOPICS } from '@wxa/contracts';
import { logged } from '../app-log.js';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { mainOf, runNode } from '../programs.js';
import { COMPONENT_SETTINGS } from './component-settings.js';
import { encryptedCallback } from './encrypted-callback.js';
import { follow } from './follow.js';
import { gatewayEnv } from './running-gateway.js';
import { useSharedGateway } from './use-gateway.js';

const { WECHAT_COMPONENT_APPID: COMPONENT, WECHAT_ENCODING_AES_KEY_PREVIOUS: PREVIOUS_KEY } =
  COMPONENT_SETTINGS;
const { backends, gateway, database } = useSharedGateway('component');
let audits: Awaited<ReturnType<typeof follow>>;
beforeAll(async () => {
  audits = await follow(backends, gateway, TOPICS.audits);
});
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

async function post(path: string, body: string): Promise<string> {
  const response = await fetch(`${gateway.http}/wechat/callback${path}`, { method: 'POST', body });
  return `${response.status} ${await response.text()}`;
}

/** Sends a callback to the URL of a mini-program, or with an empty appid to that of the platform. */
function push(appid: string, message: string, given: { key?: string; receiver?: string } = {}) {
  const { query, body } = encryptedCallback(message, given);
  return post(`${appid && `/${appid}`}${query}`, body);
}

const pushesOf = (appid: string) => database.rows('select key from audit_pushes where appid = $1', [appid]);
const publishedOf = (appid: string) => audits.messages.filter(({ key }) => key === appid);

it('A callback of nearly 1 MiB is published with its whole reason', async () => {
  const appid = newAppid();
  const reason = '长'.repeat(250_000);
  expect(await push(appid, rejected.replace(REASON, reason))).toBe('200 success');
  await eventually(() => publishedOf(appid).length === 1);
  expect(JSON.parse(String(publishedOf(appid)[0]?.value))).toMatchObject({ reason });
});

it('A callback with the previous key is accepted, and its log line has its mini-program', async () => {
  const appid = newAppid();
  expect(await push(appid, approved, { key: PREVIOUS_KEY })).toBe('200 success');
  expect(await pushesOf(appid)).toHaveLength(1);
  const line = { msg: 'callback', event: 'weapp_audit_success', result: 'unmatched', appid };
  // A line may reach its file after the answer.
  await eventually(async () =>
    expect(await logged(gateway.app, 'callback')).toContainEqual(expect.objectContaining(line)),
  );
});

it('A copied callback changes nothing at its own URL and is answered with 403 at the URL of another mini-program', async () => {
  const [appid, other] = [newAppid(), newAppid()];
  const { query, body } = encryptedCallback(approved);
  const answers: string[] = [];
  for (const whose of [appid, other, appid, other]) answers.push(await post(`/${whose}${query}`, body));
  expect(answers).toEqual(['200 success', '403 refused', '200 success', '403 refused']);
  expect([await pushesOf(appid), await pushesOf(other)]).toEqual([[{ key: expect.anything() }], []]);
});

it('A callback that is plain, changed, too large or without a valid appid is answered with 403, one of an unused event with success, and none is stored', async () => {
  const appid = newAppid();
  const { query, body } = encryptedCallback(approved);
  const answers = [
    await post(`/${appid}`, approved),
    await post(`/${appid}${query}`, body.replace('<Encrypt>', '<Encrypt>A')),
    await post(`/${appid}${query.replace(/nonce=[^&]*/, '$&&$&')}`, body),
    await post(`/${appid}${query}`, `${body}${' '.repeat(1024 * 1024)}`),
    await push('', approved),
    await push('wxNOT', approved),
    await push('%zz', approved),
    await push('%ff%00', approved),
  ];
  expect(new Set(answers)).toEqual(new Set(['403 refused']));
  expect(await push(appid, audit('user_enter_tempsession', ''))).toBe('200 success');
  expect(await pushesOf(appid)).toEqual([]);
});

it('A request to a callback URL with another method than POST is answered with 403', async () => {
  for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])
    for (const path of ['', `/${newAppid()}`]) {
      const answer = await fetch(`${gateway.http}/wechat/callback${path}?msg_signature=a`, { method });
      expect([method, answer.status, await answer.text()]).toEqual([method, 403, 'refused']);
    }
});

/** Sends a callback to the URL of authorization events. */
function pushToPlatform(infoType: string, given: Record<string, string | number>, receiver?: string) {
  const fields = { AppId: COMPONENT, InfoType: infoType, ...given };
  const lines = Object.entries(fields).map(([name, value]) => `<${name}>${value}</${name}>`);
  return push('', `<xml>${lines.join('')}</xml>`, { receiver });
}

const authorized = (appid: string, CreateTime: number) =>
  pushToPlatform('authorized', {
    AuthorizerAppid: appid,
    CreateTime,
    AuthorizationCode: 'queryauthcode@@@1',
  });

it('A component_verify_ticket is stored encrypted, and one for another receiver is answered with 403', async () => {
  // Of another file, whose ticket may be later.
  await database.rows('delete from components');
  const CreateTime = Math.floor(Date.now() / 1000) - 60;
  const fields = { ComponentVerifyTicket: 'ticket@@@one', CreateTime };
  expect(await pushToPlatform('component_verify_ticket', fields)).toBe('200 success');
  const rows = await database.rows('select * from components');
  expect(rows).toMatchObject([{ appid: COMPONENT, ticket_sent_at: new Date(CreateTime * 1000) }]);
  expect(JSON.stringify(rows)).not.toContain('ticket@@@');
  const later = { ...fields, CreateTime: CreateTime + 1 };
  expect(await pushToPlatform('component_verify_ticket', later, 'wxother')).toBe('403 refused');
  expect(await database.rows('select * from components')).toEqual(rows);
});

it.each([
  ['years ago', 1413192605],
  ['200 s ahead', Math.floor(Date.now() / 1000) + 200],
])('A component_verify_ticket dated %s is stored with the current time', async (_when, CreateTime) => {
  const before = Math.floor(Date.now() / 1000) * 1000;
  const fields = { ComponentVerifyTicket: 't', CreateTime };
  expect(await pushToPlatform('component_verify_ticket', fields)).toBe('200 success');
  const [row] = await database.rows('select ticket_sent_at from components');
  const sentAt = Number(row?.ticket_sent_at);
  expect([sentAt >= before, sentAt <= Date.now()]).toEqual([true, true]);
});

it('A mini-program is AUTHORIZED with a code that appears neither in its row nor in the metrics, and UNAUTHORIZED after a withdrawal', async () => {
  const appid = newAppid();
  const row = async () => (await database.rows('select * from authorizers where appid = $1', [appid]))[0];
  expect(await authorized(appid, 1000)).toBe('200 success');
  expect(await row()).toMatchObject({ state: 'AUTHORIZED', code: expect.anything() });
  expect(JSON.stringify(await row())).not.toContain('queryauthcode');
  for (let n = 0; n < 2; n += 1)
    expect(await pushToPlatform('unauthorized', { AuthorizerAppid: appid, CreateTime: 1001 })).toBe(
      '200 success',
    );
  expect(await row()).toMatchObject({ state: 'UNAUTHORIZED', code: null });
  const metrics = await (await fetch(`${gateway.http}/metrics`)).text();
  expect(metrics).toMatch(/callbacks_total\{event="unauthorized",result="duplicate"\} 1/);
  expect(metrics).not.toContain('queryauthcode');
});

it.each(['gateway', 'release-worker'])(
  'An app whose SECRETS_KEY cannot decrypt the stored secrets exits with 78 and names the missing key id: %s',
  async (app) => {
    await authorized(newAppid(), 3000);
    const [row] = await database.rows('select code from authorizers where code is not null');
    const [keyId = ''] = String(row?.code).split('.');
    const env = {
      ...gatewayEnv(backends),
      ...COMPONENT_SETTINGS,
      WECHAT_COMPONENT_APPSECRET: 'app-secret',
      ...{ GRPC_ADDR: '127.0.0.1:0', HTTP_ADDR: '127.0.0.1:0', WORKER_HTTP_ADDR: '127.0.0.1:0' },
      SECRETS_KEY: randomBytes(32).toString('base64'),
    };
    const stdout = expect.stringContaining(`under key id ${keyId}`);
    expect(await runNode([mainOf(app)], env)).toMatchObject({ code: 78, stdout });
  },
);
