import { expect } from '@jest/globals';
import type { Directory, StoredSync, TokenStore } from '@wxa/authorizers';
import { AuthorizerSync, ComponentTokens } from '@wxa/release-worker';
import { SimControl } from '@wxa/wechat-sim';
import { startWechatSim } from '@wxa/wechat-sim/server';
import { type ComponentPush, parsePush, parseXml, WxaClient, type WxaClientOptions } from '@wxa/wxa-client';
import { serve } from '../serve.js';
import type { ScratchStore } from '../store/scratch-store.js';

export const COMPONENT = 'wxc0de000000000000';
const SECRET = 'app-secret';

/** The simulator of a platform, whose callbacks at the platform's URL the test gets, and a client for it. */
export async function startWechat(
  onPush: (push: ComponentPush) => Promise<unknown>,
  onResult: WxaClientOptions['onResult'],
): Promise<{ control: SimControl; client: WxaClient; stop(): Promise<void> }> {
  const callbacks = await serve(async (request, response) => {
    const push = parsePush(parseXml(Buffer.concat(await request.toArray()).toString()) ?? {});
    if (push !== undefined && 'componentAppid' in push) await onPush(push);
    response.end('success');
  });
  const sim = await startWechatSim({
    ...{ callbackUrl: `${callbacks.url}/$APPID$`, authorizationUrl: callbacks.url, callbackMode: 'plain' },
    ...{ tokenMode: 'component', componentAppid: COMPONENT, componentAppsecret: SECRET, ticketIntervalMs: 0 },
  });
  const client = new WxaClient({ baseUrl: sim.url, onResult });
  const stop = async () => {
    await client.close();
    await sim.close();
    await callbacks.stop();
  };
  return { control: new SimControl(sim.url), client, stop };
}

/** Stores a callback as the gateway does. */
export function keepPush(store: TokenStore, push: ComponentPush): Promise<boolean> {
  const { createdAt: sentAt } = push;
  if ('ticket' in push) return store.keepTicket({ appid: push.componentAppid, ticket: push.ticket, sentAt });
  const code = 'authorizationCode' in push ? push.authorizationCode : null;
  return store.recordAuthorization({ appid: push.appid, code, sentAt, key: `${push.event} ${code}` });
}

/** The token source of one worker. */
export function componentTokens(
  scratch: ScratchStore,
  tokens: TokenStore,
  client: WxaClient,
): ComponentTokens {
  return new ComponentTokens({
    ...{ store: scratch.worker, tokens, client, timeoutMs: 5_000 },
    ...{ componentAppid: COMPONENT, componentAppsecret: SECRET, isUnavailable: () => false },
    ...{ onRequested: () => undefined, onRejectedEarly: () => undefined, onStoreFailure: () => undefined },
  });
}

type SyncOptions = ConstructorParameters<typeof AuthorizerSync>[0];

/** Runs a sync of authorizers to its end. */
export async function runSync(
  scratch: ScratchStore,
  given: Pick<SyncOptions, 'client' | 'platform' | 'recheck'> &
    Partial<Pick<SyncOptions, 'onNotRead'>> & { store: Directory },
): Promise<StoredSync> {
  const failures: unknown[] = [];
  const { store } = given;
  const worker = new AuthorizerSync({
    onNotRead: () => undefined,
    ...{ ...given, leases: scratch.worker.leases, timeoutMs: 5_000 },
    ...{ componentAppid: COMPONENT, everyMs: 0, maxPerSecond: 1_000, onLease: () => undefined },
    limits: {
      ...{ perSecond: () => undefined, use: async () => undefined },
      ...{ stoppedBy: () => undefined, learn: () => undefined },
    },
    breaker: { untilClosed: async () => true },
    onFailure: (error) => failures.push(error),
  });
  const started = await store.startSync({ caller: 'oncall', onBehalfOf: null, peer: null });
  await worker.poll();
  expect(failures).toEqual([]);
  const ended = await store.readSync(started?.id);
  if (ended === undefined) throw new Error('no sync');
  return ended;
}
