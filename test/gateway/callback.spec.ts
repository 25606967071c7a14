import { randomBytes } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { TOPICS } from '@wxa/contracts';
import { logged } from '../app-log.js';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { mainOf, runNode } from '../programs.js';
import { COMPONENT_SETTINGS } from './component-settings.js';
import { callbacksTo, encryptedCallback, event, info, now } from './encrypted-callback.js';
import { useFollowed } from './follow.js';
import { gatewayEnv } from './running-gateway.js';
import { useSharedGateway } from './use-gateway.js';

const { WECHAT_COMPONENT_APPID: COMPONENT, WECHAT_ENCODING_AES_KEY_PREVIOUS: PREVIOUS_KEY } =
  COMPONENT_SETTINGS;
const { backends, gateway, database } = useSharedGateway('component');
const { post, push } = callbacksTo(gateway);
const audits = useFollowed(backends, gateway, TOPICS.audits);
const approved = event('weapp_audit_success', '<SuccTime>1488856741</SuccTime>');

const pushesOf = (appid: string) => database.rows('select key from audit_pushes where appid = $1', [appid]);
const publishedOf = (appid: string) => audits.filter(({ key }) => key === appid);

it('A callback of nearly 1 MiB is published with its whole reason', async () => {
  const appid = newAppid();
  const reason = '长'.repeat(250_000);
  const more = `<Reason><![CDATA[${reason}]]></Reason><FailTime>1488856591</FailTime><ScreenShot>a|b</ScreenShot>`;
  expect(await push(appid, event('weapp_audit_fail', more))).toBe('200 success');
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
  expect(await push(appid, event('user_enter_tempsession'))).toBe('200 success');
  expect(await pushesOf(appid)).toEqual([]);
});

it('A request to a callback URL with another method than POST is answered with 403', async () => {
  for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])
    for (const path of ['', `/${newAppid()}`]) {
      const answer = await fetch(`${gateway.http}/wechat/callback${path}?msg_signature=a`, { method });
      expect([method, answer.status, await answer.text()]).toEqual([method, 403, 'refused']);
    }
});

const ticket = (text: string, at: number) =>
  info('component_verify_ticket', `<ComponentVerifyTicket>${text}</ComponentVerifyTicket>`, at);
/** WeChat's news of the authorization of a mini-program. */
const authorization = (type: string, appid: string, at: number) => {
  const code = '<AuthorizationCode>queryauthcode@@@1</AuthorizationCode>';
  return push('', info(type, `<AuthorizerAppid>${appid}</AuthorizerAppid>${code}`, at));
};

it('A component_verify_ticket is stored encrypted, and one for another receiver is answered with 403', async () => {
  // Of another file, whose ticket may be later.
  await database.rows('delete from components');
  const sentAt = now() - 60;
  expect(await push('', ticket('ticket@@@one', sentAt))).toBe('200 success');
  const rows = await database.rows('select * from components');
  expect(rows).toMatchObject([{ appid: COMPONENT, ticket_sent_at: new Date(sentAt * 1000) }]);
  expect(JSON.stringify(rows)).not.toContain('ticket@@@');
  const later = ticket('ticket@@@one', sentAt + 1);
  expect(await push('', later, { receiver: 'wxother' })).toBe('403 refused');
  expect(await database.rows('select * from components')).toEqual(rows);
});

it.each([
  ['years ago', 1413192605],
  ['200 s ahead', now() + 200],
])('A component_verify_ticket dated %s is stored with the current time', async (_when, at) => {
  const before = now() * 1000;
  expect(await push('', ticket('t', at))).toBe('200 success');
  const [row] = await database.rows('select ticket_sent_at from components');
  const sentAt = Number(row?.ticket_sent_at);
  expect([sentAt >= before, sentAt <= Date.now()]).toEqual([true, true]);
});

it('A mini-program is AUTHORIZED with a code that appears neither in its row nor in the metrics, and UNAUTHORIZED after a withdrawal', async () => {
  const appid = newAppid();
  const row = async () => (await database.rows('select * from authorizers where appid = $1', [appid]))[0];
  expect(await authorization('authorized', appid, 1000)).toBe('200 success');
  expect(await row()).toMatchObject({ state: 'AUTHORIZED', code: expect.anything() });
  expect(JSON.stringify(await row())).not.toContain('queryauthcode');
  for (let n = 0; n < 2; n += 1) expect(await authorization('unauthorized', appid, 1001)).toBe('200 success');
  expect(await row()).toMatchObject({ state: 'UNAUTHORIZED', code: null });
  const metrics = await (await fetch(`${gateway.http}/metrics`)).text();
  expect(metrics).toMatch(/callbacks_total\{event="unauthorized",result="duplicate"\} 1/);
  expect(metrics).not.toContain('queryauthcode');
});

it.each(['gateway', 'release-worker'])(
  'An app whose SECRETS_KEY cannot decrypt the stored secrets exits with 78 and names the missing key id: %s',
  async (app) => {
    await authorization('authorized', newAppid(), 3000);
    const [row] = await database.rows('select code from authorizers where code is not null');
    const [keyId = ''] = String(row?.code).split('.');
    const env = {
      ...{ ...gatewayEnv(backends), ...COMPONENT_SETTINGS, WECHAT_COMPONENT_APPSECRET: 'app-secret' },
      ...{ GRPC_ADDR: '127.0.0.1:0', HTTP_ADDR: '127.0.0.1:0', WORKER_HTTP_ADDR: '127.0.0.1:0' },
      SECRETS_KEY: randomBytes(32).toString('base64'),
    };
    const stdout = expect.stringContaining(`under key id ${keyId}`);
    expect(await runNode([mainOf(app)], env)).toMatchObject({ code: 78, stdout });
  },
);
