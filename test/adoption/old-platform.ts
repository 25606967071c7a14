import { randomBytes } from 'node:crypto';
import { type Directory, Secrets, type AuthorizerSync as Sync, type TokenStore } from '@wxa/authorizers';
import { AuthorizerSync, ComponentTokens, EndpointTokens, type TokenSource } from '@wxa/release-worker';
import { SimControl } from '@wxa/wechat-sim';
import { startWechatSim } from '@wxa/wechat-sim/server';
import { parsePush, parseXml, WxaClient } from '@wxa/wxa-client';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { serve } from '../serve.js';
import { type ScratchStore, scratchStore } from '../store/scratch-store.js';

const COMPONENT = 'wxc0de000000000000';
const SECRET = 'app-secret';

/**
 * A platform that keeps its tokens in a program of its own, with a database of its own and a token URL, beside the database of this
 * product.
 */
export class OldPlatform {
  readonly componentAppid = COMPONENT;
  /** The appids that its token URL answers with 404. */
  readonly unknown = new Set<string>();
  /** The APIs that the product called. */
  called: string[] = [];
  #tokenUrl = '';
  #ticket = { appid: COMPONENT, ticket: '', sentAt: new Date() };

  private constructor(
    readonly scratch: ScratchStore,
    private readonly own: { scratch: ScratchStore; tokens: ComponentTokens },
    private readonly wechat: { control: SimControl; client: WxaClient },
    private readonly stops: (() => Promise<unknown>)[],
  ) {}

  static async start(): Promise<OldPlatform> {
    const [scratch, own] = [await scratchStore(), await scratchStore()];
    const store = own.worker.tokens(new Secrets(randomBytes(32)));
    const callbacks = await serve(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const push = parsePush(parseXml(Buffer.concat(chunks).toString()) ?? {});
      if (push !== undefined && 'ticket' in push) {
        platform.#ticket = { appid: COMPONENT, ticket: push.ticket, sentAt: push.createdAt };
        await store.keepTicket(platform.#ticket);
      }
      if (push?.event === 'authorized') {
        const { appid, authorizationCode: code, createdAt: sentAt } = push;
        await store.recordAuthorization({ appid, code, sentAt, key: code });
      }
      response.end('success');
    });
    const sim = await startWechatSim({
      ...{ callbackUrl: `${callbacks.url}/$APPID$`, authorizationUrl: callbacks.url, callbackMode: 'plain' },
      ...{
        tokenMode: 'component',
        componentAppid: COMPONENT,
        componentAppsecret: SECRET,
        ticketIntervalMs: 0,
      },
    });
    const client = new WxaClient({ baseUrl: sim.url, onResult: (_, api) => platform.called.push(api) });
    const tokens = componentTokens(own, client, store);
    const stops = [() => client.close(), () => sim.close(), callbacks.stop, own.close, scratch.close];
    const wechat = { control: new SimControl(sim.url), client };
    const platform: OldPlatform = new OldPlatform(scratch, { scratch: own, tokens }, wechat, stops);
    await platform.#serveTokens();
    await tokens.get(COMPONENT);
    await eventually(async () => (await tokens.get(COMPONENT)).kind === 'token');
    return platform;
  }

  async #serveTokens(): Promise<void> {
    const { url, stop } = await serve(async ({ url = '' }, response) => {
      const query = new URL(url, 'http://localhost').searchParams;
      const appid = query.get('appid') ?? '';
      const answer = this.unknown.has(appid) ? undefined : await this.own.tokens.get(appid);
      if (answer?.kind !== 'token') response.writeHead(404).end();
      else response.end(JSON.stringify({ access_token: answer.token, expires_in: 7200 }));
    });
    this.stops.unshift(stop);
    this.#tokenUrl = `${url}/token`;
  }

  /** Mini-programs authorize the platform; the old program gets the callbacks. Returns their appids in order. */
  async authorize(count: number): Promise<string[]> {
    const appids = Array.from({ length: count }, () => newAppid()).toSorted();
    for (const appid of appids) await this.wechat.control.authorize(appid, { permissionSets: [17, 18] });
    for (const appid of appids)
      await eventually(async () => (await this.own.tokens.get(appid)).kind === 'token');
    return appids;
  }

  /** The tokens of the old program, as a worker gets them. */
  externalTokens(directory: Directory): EndpointTokens {
    return new EndpointTokens(this.#tokenUrl, (appid, why) => directory.followTokenService(appid, why));
  }

  /** Tokens that the product obtains from WeChat itself, with the last ticket. */
  async ownTokens(store: TokenStore): Promise<ComponentTokens> {
    await store.keepTicket(this.#ticket);
    return componentTokens(this.scratch, this.wechat.client, store);
  }

  /** Runs a sync of the product to its end. */
  async sync(store: Directory, tokens: TokenSource): Promise<Sync> {
    const worker = new AuthorizerSync({
      ...{ store, leases: this.scratch.worker.leases, client: this.wechat.client, timeoutMs: 5_000 },
      ...{ componentAppid: COMPONENT, everyMs: 0, maxPerSecond: 1_000, onLease: () => undefined },
      platform: { get: () => tokens.get(COMPONENT) },
      limits: {
        ...{ perSecond: () => undefined, use: async () => undefined },
        ...{ stoppedBy: () => undefined, learn: () => undefined },
      },
      breaker: { untilClosed: async () => true },
      recheck: async (appid) => (await tokens.recheckNow?.(appid)) ?? false,
      onFailure: (error) => {
        throw error;
      },
    });
    const started = await store.startSync({ caller: 'oncall', onBehalfOf: null, peer: null });
    await worker.poll();
    const ended = await store.readSync(started?.id);
    if (ended === undefined) throw new Error('no sync');
    return ended;
  }

  async stop(): Promise<void> {
    for (const stop of this.stops) await stop();
  }
}

function componentTokens(scratch: ScratchStore, client: WxaClient, tokens: TokenStore): ComponentTokens {
  return new ComponentTokens({
    ...{ store: scratch.worker, tokens, client, timeoutMs: 5_000 },
    ...{ componentAppid: COMPONENT, componentAppsecret: SECRET, isUnavailable: () => false },
    ...{ onRequested: () => undefined, onRejectedEarly: () => undefined, onStoreFailure: () => undefined },
  });
}
