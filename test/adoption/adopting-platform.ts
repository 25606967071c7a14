import { createHash } from 'node:crypto';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, freePort } from '@wxa/stack';
import { logged } from '../app-log.js';
import { TestPolicy } from '../callers/test-policy.js';
import { eventually } from '../eventually.js';
import { World } from '../world.js';
import { wxa } from '../wxa.js';
import { OldProgram } from './old-program.js';
import { PlatformProxy } from './platform-proxy.js';

/** How long WeChat accepts a token, and after it has issued the next one. */
interface Lives {
  lifeMs: number;
  graceMs: number;
}

/** How tokens are requested of WeChat. */
const RENEWALS = ['api_component_token', 'api_authorizer_token', 'api_query_auth'];

/** A rule for what the old program still gets. */
export const EVERYTHING = '"*"';

/**
 * A platform that adopts this service: WeChat, its proxy and its old program, and beside them two gateways and a worker, which take their
 * tokens from the old program at first.
 */
export class AdoptingPlatform {
  /** Settings of the apps that the step changes. */
  #mode: Record<string, string> = {};

  private constructor(
    readonly world: World,
    readonly proxy: PlatformProxy,
    readonly old: OldProgram,
    private readonly parts: { folder: string; policy: TestPolicy; tokenPorts: number[] },
    private readonly stopProxy: () => Promise<void>,
  ) {}

  static async start({ lifeMs, graceMs }: Lives): Promise<AdoptingPlatform> {
    const folder = await mkdtemp(join(tmpdir(), 'wxa-adopting-'));
    const policy = new TestPolicy({
      operator: {},
      'old-program': { allow: [{ methods: ['Tokens/GetAccessToken'], appids: 'all' }] },
    });
    await writeFile(join(folder, 'operator.key'), keyOf(policy, 'operator'));
    const forwards = join(folder, 'forwards.yaml');
    await writeFile(forwards, 'version: 1\nforwards: []\n');
    const { proxy, url, stop } = await PlatformProxy.start();
    const port = await freePort();
    const world = await World.start({
      gateways: 2,
      env: {
        ...{ SIM_TOKEN_MODE: 'component', SIM_TICKET_INTERVAL_MS: '0' },
        ...{ SIM_CALLBACK_URL: `${url}/wechat/$APPID$`, SIM_AUTHORIZATION_URL: `${url}/wechat/events` },
        ...{ SIM_TOKEN_LIFE_MS: String(lifeMs), SIM_REFRESH_GRACE_MS: String(graceMs) },
        ...{ WECHAT_TOKEN_SOURCE: 'endpoint', WECHAT_TOKEN_URL: `http://127.0.0.1:${port}/token` },
        ...{ AUTH_POLICY_FILE: policy.file, CALLBACK_FORWARD_FILE: forwards },
      },
    });
    const wechat = { WECHAT_API_URL: world.stack.addresses.wechat };
    const old = await OldProgram.start(port, { ...world.settings, ...wechat }, folder);
    proxy.oldProgram = old.url;
    proxy.gateways = world.stack.addresses.gateways.map(({ http }) => http);
    const tokenPorts = [await freePort(), await freePort()];
    return new AdoptingPlatform(world, proxy, old, { folder, policy, tokenPorts }, stop);
  }

  /** Customers authorize the platform; resolves once their codes are exchanged. */
  async authorize(count: number): Promise<string[]> {
    const appids = await this.world.sim.authorizeMany({ count });
    for (const appid of appids) await eventually(() => this.old.hasTokenOf(appid));
    return appids;
  }

  /** WeChat sends the platform a ticket. */
  async sendTicket(): Promise<void> {
    const { status } = await this.world.sim.pushOfComponent();
    if (status !== 200) throw new Error(`the ticket was answered with ${status}`);
  }

  /** The requests for tokens that WeChat got since a time, and from whom: the old program says nothing of the type of its bodies. */
  async renewals(since: number): Promise<{ oldProgram: string[]; service: string[] }> {
    const calls = RENEWALS.map((api) => this.world.sim.calls({ api: `cgi-bin/component/${api}` }));
    const recent = (await Promise.all(calls)).flat().filter(({ startedAt }) => startedAt >= since);
    const isJson = (contentType: string | null) => contentType?.startsWith('application/json') ?? false;
    return {
      oldProgram: recent.flatMap(({ api, contentType }) => (isJson(contentType) ? [] : [api])),
      service: recent.flatMap(({ api, contentType }) => (isJson(contentType) ? [api] : [])),
    };
  }

  /** Runs `wxa` with the rights of an operator, in the environment of the apps. Throws if it fails. */
  async wxa(args: string[]): Promise<string> {
    const { grpc, postgres, kafka, wechat } = this.world.stack.addresses;
    const { code, out, err } = await wxa(args, {
      ...{ ...this.world.settings, ...this.#mode },
      ...{ DATABASE_URL: postgres, KAFKA_BROKERS: kafka, WECHAT_API_URL: wechat },
      ...{ WXA_GATEWAY: grpc, WXA_PLAINTEXT: '1', WXA_TOKEN_FILE: join(this.parts.folder, 'operator.key') },
    });
    if (code !== 0) throw new Error(`wxa ${args.join(' ')}: ${code}\n${out}${err}`);
    return out;
  }

  /** Forwards these events to the old program; resolves once all gateways that run do. */
  async forward(events: string): Promise<void> {
    const { folder } = this.parts;
    const rule = `{ name: old-program, events: [${events}], url: "${this.old.url}/wechat/$APPID$" }`;
    const text = `version: 1\nforwards:\n  - ${rule}\n`;
    await writeFile(join(folder, 'new.yaml'), text);
    await rename(join(folder, 'new.yaml'), join(folder, 'forwards.yaml'));
    const sha256 = createHash('sha256').update(text).digest('hex');
    for (const gateway of this.world.stack.gateways)
      await eventually(async () => (await logged(gateway, 'forwards loaded')).at(-1)?.sha256 === sha256);
  }

  /** Restarts one app after the other, with tokens of its own. Returns where readers get them. */
  async ownTokens(): Promise<{ url: string; key: string }> {
    this.#mode = { WECHAT_TOKEN_SOURCE: 'component' };
    await this.#restart(({ port }) => ({ ...this.#mode, TOKEN_SERVICE_ADDR: `127.0.0.1:${port}` }));
    const { policy, tokenPorts } = this.parts;
    return { url: `http://127.0.0.1:${tokenPorts[0]}/token`, key: keyOf(policy, 'old-program') };
  }

  /** Restarts one app after the other, with the tokens of the old program. */
  async tokensOfOldProgram(): Promise<void> {
    this.#mode = { WECHAT_TOKEN_SOURCE: 'endpoint' };
    await this.#restart(() => ({ ...this.#mode, TOKEN_SERVICE_ADDR: undefined }));
  }

  async #restart(
    change: (of: { port: number | undefined }) => Record<string, string | undefined>,
  ): Promise<void> {
    const { gateways, workers } = this.world.stack;
    const { tokenPorts } = this.parts;
    for (const [i, app] of gateways.entries()) await restart(app, change({ port: tokenPorts[i] }));
    for (const app of workers) await restart(app, this.#mode);
  }

  /** Stops this service; the platform stays. */
  async stopService(): Promise<void> {
    await Promise.all(this.world.apps.map((app) => app.stop()));
  }

  async stop(): Promise<void> {
    await this.old.stop();
    await this.world.stop();
    await this.stopProxy();
    await rm(this.parts.folder, { recursive: true });
  }
}

async function restart(app: App, settings: Record<string, string | undefined>): Promise<void> {
  await app.stop();
  app.change(settings);
  await app.start();
  await app.waitReady();
}

function keyOf(policy: TestPolicy, caller: string): string {
  return policy.headers(caller).authorization?.replace('Bearer ', '') ?? '';
}
