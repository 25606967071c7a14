import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Store } from '@wxa/store';
import { newAppid } from '../appid.js';
import { byLength } from '../length.js';
import { push } from './audit-steps.js';
import { settlement } from './operation-steps.js';
import { event, newOperation, type ScratchStore, scratchStore } from './scratch-store.js';

/** Passes connections to Postgres. Those that are open when it hangs get no further answer, and stay open. */
class HangingProxy {
  readonly #servers = new Set<Socket>();
  readonly #hung = new WeakSet<Socket>();
  readonly #proxy: Server;

  constructor(private readonly postgres: URL) {
    this.#proxy = createServer((client) => this.#pass(client));
  }

  async start(): Promise<string> {
    this.#proxy.listen(0, '127.0.0.1');
    await once(this.#proxy, 'listening');
    const url = new URL(this.postgres);
    url.host = `127.0.0.1:${(this.#proxy.address() as AddressInfo).port}`;
    return url.href;
  }

  hang(): void {
    for (const server of this.#servers) this.#hung.add(server);
  }

  stop(): void {
    this.#proxy.close();
    for (const server of this.#servers) server.destroy();
  }

  #pass(client: Socket): void {
    const server = connect(Number(this.postgres.port), this.postgres.hostname);
    this.#servers.add(server);
    const end = () => {
      client.destroy();
      server.destroy();
      this.#servers.delete(server);
    };
    for (const socket of [client, server]) socket.on('error', end).on('close', end);
    client.pipe(server);
    server.on('data', (chunk) => {
      if (!this.#hung.has(server)) client.write(chunk);
    });
  }
}

let scratch: ScratchStore;
let proxy: HangingProxy;
let store: Store;
beforeAll(async () => {
  scratch = await scratchStore();
  proxy = new HangingProxy(new URL(scratch.url));
  const toEvent = () => event('', randomUUID());
  store = await Store.open({ url: await proxy.start(), poolSize: 5 }, { writer: 'release-worker', toEvent });
});
afterAll(async () => {
  // First: its other statements would wait for their limit.
  proxy?.stop();
  await store?.close();
  await scratch?.close();
});

it('What is read every one or two seconds is given up within seconds if its connection hangs, and then read on another', async () => {
  const { limits, instances, callers } = store;
  const statements = [
    () => limits.clock(),
    () => limits.read(0),
    () => limits.stop('wxa/release', 85085, 'of a test'),
    () => instances.workers(),
    () => callers.usage(),
  ];
  const all = () => Promise.allSettled(statements.map((statement) => statement()));
  const outcomes = async () => (await all()).map(({ status }) => status);
  expect(await outcomes()).toEqual(Array(5).fill('fulfilled'));
  proxy.hang();
  const startedAt = performance.now();
  expect(await outcomes()).toEqual(Array(5).fill('rejected'));
  // Any statement is given up after 35 s.
  expect(performance.now() - startedAt).toBeLessThan(
    byLength({ short: Number.POSITIVE_INFINITY, long: 15_000 }),
  );
  expect(await outcomes()).toEqual(Array(5).fill('fulfilled'));
});

it('Accepts, callbacks, claims and settlements are given up within 6 s if their connections hang, and then made on others', async () => {
  const { operations } = store;
  const appid = newAppid();
  const id = randomUUID();
  const claim = { id, leaseMs: 60_000, key: randomUUID() };
  const lost = settlement({ id, appid, fence: 1, claimKey: claim.key }, 'SUCCEEDED');
  const auditEffect = { kind: 'not-opened' } as const;
  const statements = [
    () => operations.accept(newOperation({ appid: newAppid() })),
    () => operations.claim(claim),
    () => operations.settleAndClaim({ settlement: lost, claim }),
    () => operations.settle({ ...lost, auditEffect }),
    () => push(store, appid, 'APPROVED', Date.now()),
  ];
  const outcomes = async () =>
    (await Promise.allSettled(statements.map((statement) => statement()))).map(({ status }) => status);
  expect(await outcomes()).toEqual(Array(5).fill('fulfilled'));
  proxy.hang();
  const startedAt = performance.now();
  expect(await outcomes()).toEqual(Array(5).fill('rejected'));
  // Any other statement is given up after 35 s.
  expect(performance.now() - startedAt).toBeLessThan(
    byLength({ short: Number.POSITIVE_INFINITY, long: 15_000 }),
  );
  expect(await outcomes()).toEqual(Array(5).fill('fulfilled'));
}, 120_000);
