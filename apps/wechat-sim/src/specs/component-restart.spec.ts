import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { WxaClient } from '@wxa/wxa-client';
import { startWechatSim } from '../server.js';
import { SimControl } from '../sim-control.js';
import { CallbackUnderTest } from './callback-under-test.js';
import { okValue } from './sim-under-test.js';

const componentAppid = 'wxb11529c136998cb6';
const componentAppsecret = 'an app secret';
const [APPID, LATE, GONE] = ['wx0123456789abcdef', 'wx0123456789abcde0', 'wx0123456789abcde1'];

const callback = new CallbackUnderTest();
let folder: string;
let callbackUrl: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sim-state-'));
  callbackUrl = await callback.listen();
});
afterAll(async () => {
  await callback.close();
  await rm(folder, { recursive: true });
});

async function start(stateFile = join(folder, 'sim.json')) {
  const sim = await startWechatSim({
    ...{ tokenMode: 'component', callbackMode: 'plain', componentAppid, componentAppsecret },
    ...{ callbackUrl, ticketIntervalMs: 0, stateFile },
  });
  const client = new WxaClient({ baseUrl: sim.url });
  const stop = () => Promise.all([client.close(), sim.close()]);
  return { client, control: new SimControl(sim.url), stop };
}

it('With a state file, tickets, tokens, codes and authorizations survive a restart, and none becomes valid again', async () => {
  const first = await start();
  await first.client.startPushTicket({ componentAppid, componentAppsecret });
  const [push] = await callback.pushes(1);
  const verifyTicket = /ticket@@@[\w-]+/.exec(push?.body ?? '')?.[0] ?? '';
  const request = { componentAppid, componentAppsecret, verifyTicket };
  const own = okValue(await first.client.getComponentToken(request));
  const authorize = async (appid: string) =>
    (await first.control.authorize(appid, { push: { none: true } })).authorizationCode;
  const exchange = async ({ client }: typeof first, authorizationCode: string) =>
    client.queryAuth({ componentAppid, authorizationCode }, { token: own.token });
  const given = okValue(await exchange(first, await authorize(APPID)));
  const lateCode = await authorize(LATE);
  const gone = okValue(await exchange(first, await authorize(GONE)));
  await first.control.unauthorize(GONE, { push: { none: true } });
  await first.stop();
  expect((await stat(join(folder, 'sim.json'))).mode & 0o777).toBe(0o600);

  const second = await start();
  okValue(await second.client.getComponentToken(request));
  await second.stop();
  const third = await start();
  // The component token of the first run was ended by that of the second.
  expect(await exchange(third, lateCode)).toMatchObject({ error: { errcode: 40001 } });
  const { token } = okValue(await third.client.getComponentToken(request));
  const late = await third.client.queryAuth({ componentAppid, authorizationCode: lateCode }, { token });
  expect(okValue(late).appid).toBe(LATE);
  expect(await third.client.release({}, { token: given.token })).toMatchObject({ error: { errcode: 85019 } });
  const refresh = (appid: string, refreshToken: string) =>
    third.client.getAuthorizerToken({ componentAppid, appid, refreshToken }, { token });
  expect(await refresh(APPID, given.refreshToken)).toMatchObject({ kind: 'ok' });
  expect(await refresh(GONE, gone.refreshToken)).toMatchObject({ error: { errcode: 61003 } });
  await third.stop();
});

it('The simulator does not start with an unreadable state file', async () => {
  const broken = join(folder, 'broken.json');
  await writeFile(broken, '{');
  await expect(start(broken)).rejects.toThrow('SIM_STATE_FILE');
  expect(await readFile(broken, 'utf8')).toBe('{');
});
