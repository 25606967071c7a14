import { join } from 'node:path';
import { httpUrl } from '../plan/addresses.js';
import type { Plan } from '../plan/plan.js';
import { simEnv } from '../plan/stack-env.js';
import { program } from '../processes/program.js';
import type { App } from './app.js';
import { startApp } from './start-app.js';

/**
 * Starts the simulator; resolves when it is ready. Its configuration errors are thrown together with those of
 * the apps.
 */
export async function startSim(plan: Plan, env: Record<string, string>): Promise<App> {
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
  return startApp(plan, 'simulator', sim);
}
