import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type KafkaEvent, secretsIn } from '@wxa/stack';
import type { Leak } from '../history.js';

/** The simulator may log the secrets it generates. */
const SIMULATOR_LOG = 'wechat-sim.log';

/** The secrets of the platform and of WeChat that are readable in the logs of the processes or on Kafka. */
export async function leaks(
  folder: string,
  events: readonly KafkaEvent[],
  platform: Record<string, string>,
): Promise<Leak[]> {
  const found = (where: string, text: string) =>
    secretsIn(text, platform).map((secret): Leak => ({ secret, where }));
  const logs = (await readdir(folder)).filter((log) => log !== SIMULATOR_LOG);
  const inLogs = logs.map(async (log) => found(log, await readFile(join(folder, log), 'utf8')));
  return [
    ...(await Promise.all(inLogs)).flat(),
    ...events.flatMap(({ topic, partition, offset, ...content }) =>
      found(`${topic}/${partition}/${offset}`, JSON.stringify(content)),
    ),
  ];
}
