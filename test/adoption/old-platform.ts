import { randomBytes } from 'node:crypto';
import { type Directory, Secrets, type StoredSync, type TokenStore } from '@wxa/authorizers';
import { type ComponentTokens, EndpointTokens, type TokenSource } from '@wxa/release-worker';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { COMPONENT, componentTokens, keepPush, runSync, startWechat } from '../release/component-platform.js';
import { serve } from '../serve.js';
import { type ScratchStore, scratchStore } from '../store/scratch-store.js';

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
    private readonly wechat: Awaited<ReturnType<typeof startWechat>>,
    private readonly stops: (() => Promise<unknown>)[],
  ) {}

  static async start(): Promise<OldPlatform> {
    const [scratch, own] = [await scratchStore(), await scratchStore()];
    const store = own.worker.tokens(new Secrets(randomBytes(32)));
    const wechat = await startWechat(
      async (push) => {
        if ('ticket' in push)
          platform.#ticket = { appid: COMPONENT, ticket: push.ticket, sentAt: push.createdAt };
        await keepPush(store, push);
      },
      (_, api) => platform.called.push(api),
    );
    const tokens = componentTokens(own, store, wechat.client);
    const stops = [wechat.stop, own.close, scratch.close];
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
    return componentTokens(this.scratch, store, this.wechat.client);
  }

  /** Runs a sync of the product to its end. */
  sync(store: Directory, tokens: TokenSource): Promise<StoredSync> {
    const platform = { get: () => tokens.get(COMPONENT) };
    const recheck = async (appid: string) => (await tokens.recheckNow?.(appid)) ?? false;
    return runSync(this.scratch, { store, client: this.wechat.client, platform, recheck });
  }

  async stop(): Promise<void> {
    for (const stop of this.stops) await stop();
  }
}
