import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { App, freePort } from '@wxa/stack';
import type { World } from './world.js';

/** The program of an app. */
export const mainOf = (app: string) =>
  fileURLToPath(new URL(`../apps/${app}/dist/bundle.js`, import.meta.url));

/** Runs a program of Node until it ends, and returns how it ended and what it printed. */
export async function runNode(
  args: string[],
  env: NodeJS.ProcessEnv,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const run = promisify(execFile)(process.execPath, args, { env });
  const { code = 0, stdout, stderr } = await run.catch((error) => error);
  return { code, stdout, stderr };
}

/** Starts a worker with other settings beside those of a world; it writes into the log of the first. */
export async function startWorker(world: World, env: Record<string, string>): Promise<App> {
  const { postgres, kafka, wechat } = world.stack.addresses;
  const address = `127.0.0.1:${await freePort()}`;
  const worker = new App({
    name: 'another worker',
    script: mainOf('release-worker'),
    readyUrl: `http://${address}/readyz`,
    logFile: world.stack.workers[0]?.logFile ?? '',
    env: {
      ...{ ...world.settings, PATH: process.env.PATH ?? '', WORKER_HTTP_ADDR: address },
      ...{ DATABASE_URL: postgres, KAFKA_BROKERS: kafka, WECHAT_API_URL: wechat, ...env },
    },
  });
  await worker.start();
  return worker;
}
