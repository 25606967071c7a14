import { join } from 'node:path';
import { httpUrl } from './addresses.js';
import { App, type AppOptions } from './app.js';
import type { Part } from './parts.js';
import type { Plan } from './plan.js';
import { program } from './program.js';
import { simEnv } from './stack-env.js';

/**
 * In MiB: with the memory of a large machine Node would let what is no longer used grow beyond the 400 MB that a worker may
 * have. package.json and docker-compose.yml give the same.
 */
const WORKER_FLAGS = ['--max-old-space-size=448'];

type Env = Record<string, string>;
type Named = Pick<AppOptions, 'name' | 'script' | 'nodeFlags' | 'env' | 'readyUrl'>;

/** The simulator, ready; its configuration faults are thrown with those of the apps. */
export async function startSim(plan: Plan, env: Env): Promise<App> {
  const { dataDir } = plan.options;
  const sim = {
    name: 'wechat-sim',
    script: program('apps/wechat-sim/dist/main.js'),
    env: {
      ...(dataDir && { SIM_STATE_FILE: join(dataDir, 'wechat-sim.json') }),
      ...simEnv(env, plan.listening),
    },
    readyUrl: `${httpUrl(plan.listening.sim)}/sim/healthz`,
  };
  return start(plan, 'simulator', sim);
}

/** The gateways and the workers, all ready. */
export async function startApps(plan: Plan, env: Env): Promise<{ gateways: App[]; workers: App[] }> {
  const { gateways, workers } = plan.listening;
  const apps = await startAll(plan, 'app', [
    ...gateways.map(({ grpc, http }, n) => ({
      name: gateways.length === 1 ? 'gateway' : `gateway-${n + 1}`,
      script: program('apps/gateway/dist/main.js'),
      env: { ...env, GRPC_ADDR: grpc, HTTP_ADDR: http },
      readyUrl: `${httpUrl(http)}/readyz`,
    })),
    ...workers.map((address, n) => ({
      name: workers.length === 1 ? 'worker' : `worker-${n + 1}`,
      script: program('apps/release-worker/dist/main.js'),
      nodeFlags: WORKER_FLAGS,
      env: { ...env, WORKER_HTTP_ADDR: address },
      readyUrl: `${httpUrl(address)}/readyz`,
    })),
  ]);
  plan.parts.throwNoted();
  return { gateways: apps.slice(0, gateways.length), workers: apps.slice(gateways.length) };
}

function startAll(plan: Plan, turn: Part['turn'], named: Named[]): Promise<App[]> {
  return plan.parts.all(named.map((one) => start(plan, turn, one)));
}

async function start({ parts, logs }: Plan, turn: Part['turn'], one: Named): Promise<App> {
  const app = new App({ ...one, logFile: join(logs, `${one.name}.log`) }, parts.signal);
  parts.add({ name: app.name, turn, stop: () => app.stop() });
  await app.start();
  await app.waitReady().catch((error) => parts.note(error));
  return app;
}
