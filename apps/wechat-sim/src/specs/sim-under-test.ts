import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { WxaClient } from '@wxa/wxa-client';
import type { SimConfig } from '../config.js';
import { type RunningSim, startWechatSim } from '../server.js';
import { SimControl } from '../sim-control.js';
import { CallbackUnderTest } from './callback-under-test.js';

export const APPID = 'wx0123456789abcdef';
export const OTHER = 'wx1111111111111111';
export const CLASSES = { first_class: '文娱', second_class: '资讯', first_id: 1, second_id: 2 };

interface Request {
  appid?: string;
  token?: string;
  verb?: string;
  query?: string;
  /** An object is sent as JSON; without a body the request is a GET. */
  body?: unknown;
}

/** Polls the simulator until the condition holds; the call under test is open meanwhile. */
export async function untilSo(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await isSo())) if (Date.now() > deadline) throw new Error('not in time');
}

/** The errcode of a result of a WxaClient. */
export const codeOf = (result: object) =>
  'error' in result ? (result.error as { errcode: number }).errcode : 0;

export function okValue<T>(result: { kind: string; value?: T }): T {
  if (result.kind !== 'ok' || result.value === undefined) throw new Error(JSON.stringify(result));
  return result.value;
}

/** One simulator for a spec file, reset before each test, with a client for `APPID`. */
export function simUnderTest(config: () => Partial<SimConfig> = () => ({})) {
  let sim: RunningSim;
  let client: WxaClient;
  beforeAll(async () => {
    sim = await startWechatSim(config());
    client = new WxaClient({ baseUrl: sim.url, token: `sim-token:${APPID}` });
  });
  beforeEach(() => control().reset());
  afterAll(async () => {
    await client.close();
    await sim.close();
  });

  const control = () => new SimControl(sim.url);

  /** Calls an API and returns the HTTP response. */
  function request(
    api: string,
    { appid = APPID, token, verb, query = '', body }: Request = {},
  ): Promise<Response> {
    const url = `${sim.url}/${api}?access_token=${token ?? `sim-token:${appid}`}${query && `&${query}`}`;
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return fetch(url, {
      method: verb ?? (body === undefined ? 'GET' : 'POST'),
      ...(body !== undefined && { body: text }),
    });
  }

  /** Calls an API and returns its JSON. */
  async function call(api: string, options?: Request): Promise<Record<string, unknown>> {
    return JSON.parse(await (await request(api, options)).text());
  }

  const errcode = async (api: string, options?: Request) => (await call(api, options)).errcode;
  const commit = (user_version = 'v1', appid = APPID) =>
    call('wxa/commit', { appid, body: { template_id: 0, ext_json: '{}', user_version, user_desc: 'test' } });
  const submit = (appid = APPID) => call('wxa/submit_audit', { appid, body: { item_list: [CLASSES] } });

  return { url: () => sim.url, client: () => client, control, request, call, errcode, commit, submit };
}

/** A simulator with a server for its callbacks, by default in plain XML. */
export function simWithCallback(config: Partial<SimConfig> = {}) {
  const callback = new CallbackUnderTest();
  let callbackUrl = '';
  beforeAll(async () => {
    callbackUrl = await callback.listen();
  });
  const sim = simUnderTest(() => ({ callbackMode: 'plain', ...config, callbackUrl }));
  beforeEach(() => {
    callback.received.length = 0;
    callback.answers = [];
  });
  afterAll(() => callback.close());
  return { ...sim, callback };
}
