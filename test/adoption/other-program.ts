import { afterAll, beforeAll } from '@jest/globals';
import { Secrets } from '@wxa/authorizers';
import { WxaClient, type WxaResult } from '@wxa/wxa-client';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { world } from '../use-world.js';

let client: WxaClient;

/** Another program than this service, which has the platform's secrets too. */
export function useOtherProgram(): void {
  beforeAll(() => {
    client = new WxaClient({ baseUrl: world.stack.addresses.wechat });
  });
  afterAll(() => client?.close());
}

/** A mini-program that has authorized, and whose token and name are stored. */
export async function authorized(): Promise<string> {
  const appid = newAppid();
  await world.sim.authorize(appid);
  const named = `select from authorizers where appid = $1 and access_token is not null and nick_name <> ''`;
  await eventually(async () => (await world.sql(named, [appid])).length === 1);
  return appid;
}

const OPTIONS = { timeoutMs: 10_000, notAfter: Number.POSITIVE_INFINITY };

function grantedBy<T>(result: WxaResult<T>): T {
  if (result.kind !== 'ok') throw new Error(result.kind);
  return result.value;
}

/** It renews the platform's token and that of a mini-program, which ends ours. */
export async function otherProgramRenews(appid: string): Promise<void> {
  const [row] = await world.sql<{ ticket: string }>('select ticket from components');
  const componentAppid = world.settings.WECHAT_COMPONENT_APPID ?? '';
  const secrets = new Secrets(Buffer.from(world.settings.SECRETS_KEY ?? '', 'base64'));
  const verifyTicket = secrets.open(`components/${componentAppid}/ticket`, row?.ticket ?? '');
  const componentAppsecret = world.settings.WECHAT_COMPONENT_APPSECRET ?? '';
  const asked = { componentAppid, componentAppsecret, verifyTicket };
  const { token } = grantedBy(await client.getComponentToken(asked, OPTIONS));
  const { refreshToken } = await world.sim.authorization(appid);
  const renewal = { componentAppid, appid, refreshToken: refreshToken ?? '' };
  grantedBy(await client.getAuthorizerToken(renewal, { ...OPTIONS, token }));
}
