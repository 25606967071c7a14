import { afterAll, beforeAll } from '@jest/globals';
import { type Backends, newBackends, type RunningGateway, startGateway } from './running-gateway.js';
import { TestDatabase } from './test-database.js';

/**
 * Runs a gateway with its own database and topics during the tests of a spec file. The returned objects are filled
 * before the first test.
 */
export function useGateway(env: Record<string, string> = {}) {
  const backends = {} as Backends;
  const gateway = {} as RunningGateway;
  const database = new TestDatabase();
  beforeAll(async () => {
    Object.assign(backends, await newBackends());
    database.connect(backends.databaseUrl);
    Object.assign(gateway, await startGateway(backends, env));
  }, 60_000);
  afterAll(async () => {
    // Locks that a test holds would keep the gateway from stopping.
    await database.close();
    await gateway.stop?.();
  });
  return { backends, gateway, database };
}
