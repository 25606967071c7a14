import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { folderFor } from '../processes/folders.js';
import { chooseAddresses, type Listening } from './addresses.js';
import { checkSettings } from './check-settings.js';
import type { StackOptions } from './options.js';
import { Parts, type ServerProcess } from './parts.js';
import { baseEnv } from './stack-env.js';

/** Everything that the start needs to know. */
export type Plan = {
  options: StackOptions;
  env: Record<string, string>;
  listening: Listening;
  logs: string;
  parts: Parts;
  /** The embedded servers that were started. */
  servers: ServerProcess[];
  /** A folder of `dataDir`, or a temporary one that is deleted at the end. */
  folder(name: string): Promise<string>;
};

/** Reads settings and chooses addresses. Finds every error in them before anything starts. */
export async function makePlan(options: StackOptions, parts: Parts): Promise<Plan> {
  const env = settings(options);
  if (options.checkFirst) await checkSettings(env);
  const listening = await chooseAddresses(env, {
    gateways: options.gateways ?? 1,
    workers: options.workers ?? 1,
  });
  const folder = async (name: string) => {
    const made = await folderFor(name, options.dataDir && join(options.dataDir, name));
    parts.add({ name, turn: 'last', stop: () => made.release() });
    return made.path;
  };
  return { options, env, listening, logs: await logFolder(options, parts), parts, servers: [], folder };
}

function settings({ env, postgresUrl, kafkaBrokers, wechatUrl }: StackOptions): Record<string, string> {
  const addresses = { DATABASE_URL: postgresUrl, KAFKA_BROKERS: kafkaBrokers, WECHAT_API_URL: wechatUrl };
  const given = Object.entries(addresses).filter(([, address]) => address);
  return baseEnv({ ...env, ...Object.fromEntries(given) });
}

async function logFolder(options: StackOptions, parts: Parts): Promise<string> {
  const logs = options.logDir ?? (options.dataDir && join(options.dataDir, 'logs'));
  if (logs) await keepPrevious(logs);
  const folder = await folderFor('logs', logs);
  parts.add({ name: 'logs', turn: 'last', stop: () => folder.release() });
  return folder.path;
}

/** Logs are appended to while the stack runs, so that a restart hides nothing; those of the previous run are logs. */
async function keepPrevious(logs: string): Promise<void> {
  await mkdir(logs, { recursive: true });
  await rm(`${logs}.previous`, { recursive: true, force: true });
  await rename(logs, `${logs}.previous`);
}
