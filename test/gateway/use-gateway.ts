import { afterAll, beforeAll } from '@jest/globals';
import { stops } from '../runner/shared.js';
import { type Backends, newBackends, type RunningGateway, startGateway } from './running-gateway.js';
import { TestDatabase } from './test-database.js';

interface Used {
  backends: Backends;
  gateway: RunningGateway;
}

let shared: Promise<Used> | undefined;

/**
 * Runs a gateway with its own database and topics during the tests of a spec file. The returned objects are filled
 * before the first test.
 */
export function useGateway(env: Record<string, string> = {}) {
  return use(
    () => start(env),
    ({ gateway }) => gateway.stop(),
  );
}

/**
 * Lets the tests of a spec file use the gateway, database and topics that other files use before and after it. They have
 * mini-programs of their own, and undo what they change for all.
 */
export function useSharedGateway() {
  return use(() => {
    if (shared === undefined) {
      const starting = start({});
      stops.push(async () => (await starting).gateway.stop());
      shared = starting;
    }
    return shared;
  });
}

async function start(env: Record<string, string>): Promise<Used> {
  const backends = await newBackends();
  return { backends, gateway: await startGateway(backends, env) };
}

function use(begin: () => Promise<Used>, end: (used: Used) => Promise<void> = async () => undefined) {
  const backends = {} as Backends;
  const gateway = {} as RunningGateway;
  const database = new TestDatabase();
  let used: Used | undefined;
  beforeAll(async () => {
    used = await begin();
    Object.assign(backends, used.backends);
    Object.assign(gateway, used.gateway);
    database.connect(backends.databaseUrl);
  }, 60_000);
  afterAll(async () => {
    // Locks that a test holds would keep the gateway from stopping.
    await database.close();
    if (used) await end(used);
  });
  return { backends, gateway, database };
}
