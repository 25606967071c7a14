import { afterAll, afterEach, beforeAll } from '@jest/globals';
import type { RequestOf } from '@wxa/contracts';
import { newAppid } from './appid.js';
import { AUDIT_RULES } from './journeys/journey.js';
import { SHORT_WAITS } from './rollouts/rollout-steps.js';
import { share } from './runner/shared.js';
import { World, type WorldOptions } from './world.js';
import { wxa } from './wxa.js';

export { logged } from './app-log.js';
export { kill, readyz, startAgain } from './app-steps.js';
export { eventually } from './eventually.js';
export { unary } from './unary.js';
export { newAppid };

const ROLLOUTS = { ...SHORT_WAITS, SIM_AUDIT_DELAY_MS: '0', SIM_AUDIT_RULES: JSON.stringify(AUDIT_RULES) };

/** The worlds that spec files share, by what their tests need. */
const SHARED = {
  /** Audits that are half an hour old are polled once a second. */
  release: { env: { AUDIT_POLL_INTERVAL_MS: '1000', DEPLOYMENT_NAME: 'acme' } },
  /** Calls that end soon, because reconciliation begins after them, but not for a short stall of a process. */
  doubts: { env: { WECHAT_TIMEOUT_MS: '5000' } },
  /** Audits end at once, unless an appid says otherwise, and rollouts wait little. */
  rollouts: { workers: 2, env: ROLLOUTS },
  /** The same with tokens from WeChat, which pushes no ticket by itself, and operations that give up soon. */
  component: {
    env: {
      ...ROLLOUTS,
      ...{ WECHAT_TOKEN_SOURCE: 'component', SIM_TICKET_INTERVAL_MS: '0' },
      ...{ WECHAT_TIMEOUT_MS: '4000', OPERATION_LEASE_MARGIN_MS: '500', OPERATION_DEADLINE_MS: '20000' },
    },
  },
  /** The console, and calls, leases and waits of rollouts that end soon. */
  console: {
    withConsole: true,
    follow: false,
    env: { WECHAT_TIMEOUT_MS: '800', OPERATION_LEASE_MARGIN_MS: '500', ...SHORT_WAITS },
  },
  /** The console of a platform that mini-programs authorize. */
  componentConsole: {
    withConsole: true,
    follow: false,
    env: { WECHAT_TOKEN_SOURCE: 'component', ...SHORT_WAITS },
  },
} satisfies Record<string, WorldOptions>;

export let world: World;

export const SUCCEEDED = 'OPERATION_STATE_SUCCEEDED';

/** Starts `world` before the tests of a spec file and stops it after them. */
export function useWorld(options: WorldOptions | (() => Promise<WorldOptions>) = {}): void {
  beforeAll(async () => {
    world = await World.start(typeof options === 'function' ? await options() : options);
  });
  afterAll(() => world?.stop());
}

/** The same for each test that calls the result. */
export function useWorldPerTest(): (options?: WorldOptions) => Promise<World> {
  afterEach(() => world?.stop());
  return async (options) => {
    world = await World.start(options);
    return world;
  };
}

/** The same on a PostgreSQL of its own, perhaps with a Kafka, which it returns once they run. */
export function useWorldOn<Server extends { url: string; brokers?: string; stop(): Promise<void> }>(
  start: () => Promise<Server>,
  options: WorldOptions = {},
): () => Server {
  let server: Server | undefined;
  beforeAll(async () => {
    server = await start();
    const { url: postgresUrl, brokers } = server;
    world = await World.start({ postgresUrl, ...(brokers && { kafkaBrokers: brokers }), ...options });
  });
  afterAll(async () => {
    await world?.stop();
    await server?.stop();
  });
  return () => server as Server;
}

/** The first worker of `world`. */
export function worker(): World['apps'][number] {
  const [first] = world.stack.workers;
  if (first === undefined) throw new Error('no worker');
  return first;
}

/** Accepts a Commit in `world`. */
export const commit = (appid = newAppid(), more: Partial<RequestOf<'Commit'>> = {}) =>
  world.change('Commit', { appid, templateId: 1n, userVersion: '1.0', ...more });

/** The settings of `wxa` for `world`. */
export const wxaEnv = () => ({
  DATABASE_URL: world.stack.addresses.postgres,
  KAFKA_BROKERS: world.stack.addresses.kafka,
  KAFKA_TOPIC_PREFIX: world.prefix,
});

/** Runs `wxa` for `world`. */
export const wxaHere = (args: string[], env: Record<string, string> = {}) =>
  wxa(args, { ...wxaEnv(), ...env });

/**
 * Lets the tests of a spec file use a `world` that other files use before and after it. They have mini-programs of their own,
 * and undo what they change for all, except faults and limits of the simulator, which end with the file.
 */
export function useSharedWorld(name: keyof typeof SHARED): void {
  beforeAll(async () => {
    const start = () => World.start(SHARED[name]);
    world = await share(`useSharedWorld ${name}`, start, (shared) => shared.stop());
  });
  afterAll(async () => {
    await world.sim.clearFaults();
    await world.sim.setLimits({});
  });
}
