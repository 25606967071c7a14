import { setTimeout as delay } from 'node:timers/promises';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { afterEach, expect, it } from '@jest/globals';
import { type Services, servicesOn } from '@wxa/client';
import type { App } from '@wxa/stack';
import { byLength } from '../length.js';
import { eventually, newAppid, startAgain, useWorld, world } from '../use-world.js';

const SIZE = byLength({
  short: { everyMs: 10, callMs: 1000, timeoutMs: 3000, delayMs: 500, graceMs: 14_000 },
  long: { everyMs: 3, callMs: 8000, timeoutMs: 10_000, delayMs: 5000, graceMs: 40_000 },
});
const LIMIT_MS = 300_000 + 8 * (SIZE.delayMs + SIZE.callMs);

useWorld({
  workers: 2,
  gateways: 2,
  env: {
    WECHAT_TIMEOUT_MS: String(SIZE.timeoutMs),
    // One worker carries the load of both while the other one restarts.
    WORKER_CONCURRENCY: '500',
    SHUTDOWN_DELAY_MS: String(SIZE.delayMs),
    SHUTDOWN_GRACE_MS: String(SIZE.graceMs),
  },
});

/** Calls of a client that balances over all gateways, and so leaves one that sends GOAWAY. */
class Load {
  readonly errors: string[] = [];
  /** The ids of the accepted changes. */
  readonly changes: string[] = [];
  readonly #client: Client;
  readonly #services: Services;
  readonly #calls: Promise<void>[] = [];
  #isEnded = false;
  readonly #running: Promise<void>;

  constructor(addresses: string[]) {
    const target = `ipv4:${addresses.join(',')}`;
    const options = {
      'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
      // A gateway is back at its address well before the next one stops.
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 200,
    };
    this.#client = new Client(target, credentials.createInsecure(), options);
    this.#services = servicesOn(this.#client, new Metadata(), () => 30_000);
    this.#running = this.#run();
  }

  /** Resolves when the last call has ended. */
  async end(): Promise<void> {
    this.#isEnded = true;
    await this.#running;
    await Promise.all(this.#calls);
    this.#client.close();
  }

  async #run(): Promise<void> {
    const begun = performance.now();
    for (let n = 0; !this.#isEnded; n += 1) {
      this.#calls.push(this.#call(n).catch((error: unknown) => void this.errors.push(String(error))));
      await delay(Math.max(0, begun + n * SIZE.everyMs - performance.now()));
    }
  }

  /** One change and one query of 20 calls; the others read an operation. */
  async #call(n: number): Promise<void> {
    const [latest] = this.changes.slice(-1);
    const { codeManagement, operations } = this.#services;
    if (n % 20 === 0 || latest === undefined) {
      const request = { appid: newAppid(), templateId: 1n, userVersion: '1.0' };
      this.changes.push((await codeManagement.commit(request)).id);
    } else if (n % 20 === 10) await codeManagement.listCategories({ appid: newAppid() });
    else await operations.getOperation({ id: latest });
  }
}

let load: Load | undefined;
afterEach(() => load?.end());

async function restart(app: App): Promise<number | null> {
  app.kill('SIGTERM');
  const { code } = await app.exited;
  await startAgain(app);
  return code;
}

it(
  'Workers and gateways that are restarted one at a time cause no failed call and no doubt, and exit with 0',
  async () => {
    for (const api of ['wxa/commit', 'wxa/get_category'])
      await world.sim.addFault({ api, kind: 'latency', ms: SIZE.callMs, times: 0 });
    const running = new Load(world.stack.addresses.gateways.map(({ grpc }) => grpc));
    load = running;
    await eventually(() => running.changes.length > 5);
    const codes: (number | null)[] = [];
    for (const app of [...world.stack.workers, ...world.stack.gateways]) codes.push(await restart(app));
    await running.end();
    expect(running.errors).toEqual([]);
    expect(codes).toEqual([0, 0, 0, 0]);
    for (const id of running.changes)
      expect(await world.wait(id)).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED', attempts: 1 });
    expect(world.messages('OperationInDoubt')).toEqual([]);
  },
  LIMIT_MS,
);
