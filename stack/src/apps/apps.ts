import { join } from 'node:path';
import { httpOrigin } from '../plan/addresses.js';
import { supervision } from '../plan/options.js';
import type { Plan } from '../plan/plan.js';
import type { KafkaUser } from '../plan/secrets.js';
import { simEnv } from '../plan/stack-env.js';
import { keepRunning } from '../processes/keep-running.js';
import { program } from '../processes/program.js';
import { type KafkaSecurity, kafkaSettingsOf } from '../servers/kafka-security.js';
import { type App, startApp } from './app.js';

/**
 * In MiB. Without a limit Node lets garbage grow with the machine's memory, beyond the 400 MB that a worker may
 * use. package.json and docker-compose.yml set the same.
 */
const WORKER_FLAGS = ['--max-old-space-size=448'];

/** Starts gateways and workers; resolves when all are ready. */
export async function startApps(
  plan: Plan,
  env: Record<string, string>,
  security: KafkaSecurity | undefined,
): Promise<{ gateways: App[]; workers: App[] }> {
  const { gateways, workers } = plan.listening;
  const { otherVersion } = plan.options;
  const envOf = (user: KafkaUser) => ({ ...env, ...(security && kafkaSettingsOf(security, user)) });
  const apps = await plan.parts.all(
    [
      ...gateways.map(({ grpc, http, admin }, n) => ({
        name: gateways.length === 1 ? 'gateway' : `gateway-${n + 1}`,
        script: program('gateway', n === gateways.length - 1 ? otherVersion : undefined),
        env: { ...envOf('gateway'), GRPC_ADDR: grpc, HTTP_ADDR: http, ...(admin && { ADMIN_ADDR: admin }) },
        readyUrl: `${httpOrigin(admin ?? http)}/readyz`,
      })),
      ...workers.map((address, n) => ({
        name: workers.length === 1 ? 'worker' : `worker-${n + 1}`,
        script: program('release-worker', n === workers.length - 1 ? otherVersion : undefined),
        nodeFlags: WORKER_FLAGS,
        env: { ...envOf('release-worker'), WORKER_HTTP_ADDR: address },
        readyUrl: `${httpOrigin(address)}/readyz`,
      })),
    ].map((one) => startApp(plan, 'app', one)),
  );
  plan.parts.throwCollected();
  return { gateways: apps.slice(0, gateways.length), workers: apps.slice(gateways.length) };
}

/** Starts the simulator; resolves when it is ready. Its configuration errors are thrown together with those of the apps. */
export function startSim(plan: Plan, env: Record<string, string>): Promise<App> {
  const { dataDir } = plan.options;
  const state: Record<string, string> = dataDir ? { SIM_STATE_FILE: join(dataDir, 'wechat-sim.json') } : {};
  return startApp(plan, 'simulator', {
    name: 'wechat-sim',
    script: program('wechat-sim'),
    env: { ...state, ...simEnv(env, plan.listening) },
    readyUrl: `${httpOrigin(plan.listening.sim)}/sim/healthz`,
  });
}

/** Restarts each app whenever it exits. */
export function supervise(apps: App[], { options, parts }: Plan): void {
  const how = supervision(options, parts.signal);
  for (const app of apps) {
    keepRunning(app, how).catch((error) => how.log(`${app.name} cannot be restarted: ${error}`));
  }
}
