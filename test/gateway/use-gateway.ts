import { afterAll, beforeAll } from '@jest/globals';
import { freePort } from '@wxa/stack';
import { policySettings } from '../callers/shared-policy.js';
import { share } from '../runner/shared.js';
import { COMPONENT_SETTINGS } from './component-settings.js';
import { type Backends, newBackends, type RunningGateway, startGateway } from './running-gateway.js';
import { TestDatabase } from './test-database.js';

interface Used {
  backends: Backends;
  gateway: RunningGateway;
}

/** The gateways that spec files share beside the one with usual settings. */
const SHARED = {
  /** Tokens of its own and encrypted callbacks. */
  component: () => COMPONENT_SETTINGS,
  /** Low limits, and probes at another address than callbacks. */
  limited: async () => ({
    GRPC_MAX_STREAMS: '50',
    GRPC_MAX_PENDING_QUERIES: '80',
    GRPC_UPLOAD_TIMEOUT_MS: '10000',
    ADMIN_ADDR: `127.0.0.1:${await freePort()}`,
  }),
  /** The callers that a file gives to `usePolicy`. */
  policy: () => ({ ...policySettings(), GRPC_MAX_WATCH_STREAMS: '8', GRPC_MAX_PENDING_QUERIES: '8' }),
} satisfies Record<string, () => Record<string, string> | Promise<Record<string, string>>>;

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
export function useSharedGateway(kind?: keyof typeof SHARED) {
  const begin = async () => start(kind && (await SHARED[kind]()));
  return use(() => share(`useSharedGateway ${kind}`, begin, ({ gateway }) => gateway.stop()));
}

async function start(env: Record<string, string> = {}): Promise<Used> {
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
  });
  afterAll(async () => {
    // Locks that a test holds would keep the gateway from stopping.
    await database.close();
    if (used) await end(used);
  });
  return { backends, gateway, database };
}
