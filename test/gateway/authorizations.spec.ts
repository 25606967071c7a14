import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { encryptMessage, sign } from '@wxa/wxa-client';
import { newAppid } from '../appid.js';
import { COMPONENT_SETTINGS } from './component-settings.js';
import { gatewayEnv } from './running-gateway.js';
import { useSharedGateway } from './use-gateway.js';

const { WECHAT_COMPONENT_APPID: COMPONENT, WECHAT_ENCODING_AES_KEY: KEY } = COMPONENT_SETTINGS;

const { backends, gateway, database } = useSharedGateway('component');

/** Sends a callback to the URL of authorization events. */
async function push(infoType: string, fields: Record<string, string | number>, receiver = COMPONENT) {
  const given = { AppId: COMPONENT, InfoType: infoType, ...fields };
  const message = `<xml>${Object.entries(given)
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join('')}</xml>`;
  const timestamp = String(Math.floor(Date.now() / 1000));
  const encrypt = encryptMessage({ encodingAesKey: KEY, message, receiveId: receiver });
  const signature = sign('callback-token', timestamp, 'n', encrypt);
  const query = `msg_signature=${signature}&timestamp=${timestamp}&nonce=n&encrypt_type=aes`;
  const body = `<xml><AppId>${COMPONENT}</AppId><Encrypt>${encrypt}</Encrypt></xml>`;
  const response = await fetch(`${gateway.http}/wechat/callback?${query}`, { method: 'POST', body });
  return `${response.status} ${await response.text()}`;
}

const authorized = (appid: string, CreateTime: number, AuthorizationCode = 'queryauthcode@@@secret') =>
  push('authorized', { AuthorizerAppid: appid, CreateTime, AuthorizationCode });
const unauthorized = (appid: string, CreateTime: number) =>
  push('unauthorized', { AuthorizerAppid: appid, CreateTime });
const stateOf = async (appid: string) => {
  const [row] = await database.rows(
    'select state, code is not null as "hasCode" from authorizers where appid = $1',
    [appid],
  );
  return row && `${row.state}${row.hasCode ? ' with a code' : ''}`;
};

describe('component_verify_ticket', () => {
  it('The newest component_verify_ticket is stored encrypted and not replaced by an older one', async () => {
    const ticket = (ComponentVerifyTicket: string, CreateTime: number) =>
      push('component_verify_ticket', { ComponentVerifyTicket, CreateTime });
    const second = Math.floor(Date.now() / 1000) - 60;
    expect(await ticket('ticket@@@one', second)).toBe('200 success');
    const [first] = await database.rows('select * from components');
    expect(await ticket('ticket@@@late', second - 1)).toBe('200 success');
    expect(await database.rows('select * from components')).toEqual([first]);
    expect(await ticket('ticket@@@two', second + 1)).toBe('200 success');
    const rows = await database.rows('select * from components');
    expect(rows).toMatchObject([{ appid: COMPONENT, ticket_sent_at: new Date((second + 1) * 1000) }]);
    expect(JSON.stringify(rows)).not.toContain('ticket@@@');
  });

  it.each([
    ['years ago', 1413192605],
    ['200 s ahead', Math.floor(Date.now() / 1000) + 200],
  ])('A component_verify_ticket dated %s is stored with the current time', async (_when, CreateTime) => {
    const before = Math.floor(Date.now() / 1000) * 1000;
    expect(await push('component_verify_ticket', { ComponentVerifyTicket: 't', CreateTime })).toBe(
      '200 success',
    );
    const [row] = await database.rows('select ticket_sent_at from components');
    const sentAt = Number(row?.ticket_sent_at);
    expect(sentAt).toBeGreaterThanOrEqual(before);
    expect(sentAt).toBeLessThanOrEqual(Date.now());
  });
});

describe('authorization callbacks', () => {
  it('A mini-program is AUTHORIZED with a code, UNAUTHORIZED after a withdrawal, and AUTHORIZED again after a new authorization', async () => {
    const appid = newAppid();
    expect(await authorized(appid, 1000)).toBe('200 success');
    expect(await stateOf(appid)).toBe('AUTHORIZED with a code');
    expect(await unauthorized(appid, 1001)).toBe('200 success');
    expect(await stateOf(appid)).toBe('UNAUTHORIZED');
    expect(await authorized(appid, 1002, 'another')).toBe('200 success');
    expect(await stateOf(appid)).toBe('AUTHORIZED with a code');
  });

  it('An authorization is not undone by an earlier withdrawal, and a duplicate callback does not restore its exchanged code', async () => {
    const appid = newAppid();
    await authorized(appid, 2000);
    expect(await unauthorized(appid, 1999)).toBe('200 success');
    await database.rows('update authorizers set code = null, code_id = null where appid = $1', [appid]);
    const doubled = await Promise.all([authorized(appid, 2000), authorized(appid, 2000)]);
    expect(doubled).toEqual(['200 success', '200 success']);
    expect(await stateOf(appid)).toBe('AUTHORIZED');
  });

  it('No authorization code appears in the authorizers table or in the metrics', async () => {
    expect(JSON.stringify(await database.rows('select * from authorizers'))).not.toContain('queryauthcode');
    const metrics = await (await fetch(`${gateway.http}/metrics`)).text();
    expect(metrics).toMatch(/callbacks_total\{event="unauthorized",result="duplicate"\} 1/);
    expect(metrics).not.toContain('queryauthcode');
  });
});

describe('rejected authorization callbacks', () => {
  const fields = { CreateTime: 1413192605, ComponentVerifyTicket: 't' };
  it.each<[string, () => Promise<string>]>([
    ['A ticket of another platform', () => push('component_verify_ticket', { ...fields, AppId: 'wxother' })],
    ['A ticket for another receiver', () => push('component_verify_ticket', fields, 'wxother')],
    [
      'An authorization of another platform',
      () => push('unauthorized', { AppId: 'wxother', AuthorizerAppid: 'wx00000000000000aa', CreateTime: 9 }),
    ],
    ['An authorization of an invalid appid', () => authorized('wxNOT', 9)],
    ['An authorization without a code', () => authorized('wx00000000000000aa', 9, '')],
    [
      'A withdrawal with an invalid time',
      () => push('unauthorized', { AuthorizerAppid: 'wx00000000000000aa', CreateTime: 'now' }),
    ],
  ])('%s is answered with 403 and changes no row', async (_what, send) => {
    const rows = async () => [
      await database.rows('select * from components order by appid'),
      await database.rows('select * from authorizers order by appid'),
    ];
    const before = await rows();
    expect(await send()).toBe('403 refused');
    expect(await rows()).toEqual(before);
  });
});

describe.each(['gateway', 'release-worker'])('SECRETS_KEY of the %s', (app) => {
  const main = fileURLToPath(new URL(`../../apps/${app}/dist/main.js`, import.meta.url));
  const start = (key: string) =>
    promisify(execFile)(process.execPath, [main], {
      env: {
        ...gatewayEnv(backends),
        ...COMPONENT_SETTINGS,
        WECHAT_COMPONENT_APPSECRET: 'app-secret',
        GRPC_ADDR: '127.0.0.1:0',
        HTTP_ADDR: '127.0.0.1:0',
        WORKER_HTTP_ADDR: '127.0.0.1:0',
        SECRETS_KEY: key,
      },
    });

  it('An app whose SECRETS_KEY cannot decrypt the stored secrets exits with 78 and names the missing key id', async () => {
    await authorized(newAppid(), 3000);
    const [row] = await database.rows('select code from authorizers where code is not null');
    const [keyId = ''] = String(row?.code).split('.');
    const refusal = await start(randomBytes(32).toString('base64')).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 78 });
    expect((refusal as { stdout: string }).stdout).toContain(`under key id ${keyId}`);
  });
});
