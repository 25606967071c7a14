import { join } from 'node:path';
import type { Part } from '../plan/parts.js';
import type { Plan } from '../plan/plan.js';
import { App, type AppOptions } from './app.js';

type Named = Pick<AppOptions, 'name' | 'script' | 'nodeFlags' | 'env' | 'readyUrl'>;

/** Starts one process and waits until it is ready. Its configuration errors are collected, not thrown. */
export async function startApp({ parts, logs }: Plan, turn: Part['turn'], one: Named): Promise<App> {
  const app = new App({ ...one, logFile: join(logs, `${one.name}.log`) }, parts.signal);
  parts.add({ name: app.name, turn, stop: () => app.stop() });
  await app.start();
  await app.waitReady().catch((error) => parts.collect(error));
  return app;
}
