import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { secretsIn } from '@wxa/stack';
import { LOG_FOLDERS } from '../deployment/deployment.js';
import type { KafkaEvent, Leak } from '../history.js';

/** WeChat may tell what it made. */
const OF_WECHAT = 'wechat-sim.log';

/** The secrets of a platform, or of WeChat's, that can be read in what the processes wrote and what lies on Kafka. */
export async function leaks(
  folder: string,
  events: readonly KafkaEvent[],
  platform: Record<string, string>,
): Promise<Leak[]> {
  const found = (where: string, text: string) =>
    secretsIn(text, platform).map((secret): Leak => ({ secret, where }));
  const logs = await Promise.all(LOG_FOLDERS.map((name) => logsIn(join(folder, name))));
  return [
    ...(await Promise.all(logs.flat().map(async (file) => found(file, await readFile(file, 'utf8'))))).flat(),
    ...events.flatMap(({ topic, partition, offset, ...told }) =>
      found(`${topic}/${partition}/${offset}`, JSON.stringify(told)),
    ),
  ];
}

async function logsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => name !== OF_WECHAT).map((name) => join(folder, name));
}
