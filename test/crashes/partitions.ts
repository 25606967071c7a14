import { TOPICS } from '@wxa/contracts';
import { withAdmin } from '@wxa/kafka';
import type { App } from '@wxa/stack';
import kafkajs from 'kafkajs';
import { readyz } from '../app-steps.js';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { readMetric } from '../metrics/exposition.js';
import { type World } from '../world.js';

/** A worker and its only partition of commands. */
export interface Owner {
  worker: App;
  url: string;
  partition: number;
}

const partitionOf = kafkajs.Partitioners.DefaultPartitioner();

/** A new mini-program whose commands go to the given partition. */
export function newAppidOf(partition: number, count: number): string {
  const partitionMetadata = Array.from({ length: count }, (_, partitionId) => ({
    partitionErrorCode: 0,
    partitionId,
    leader: 1,
    replicas: [],
    isr: [],
  }));
  for (;;) {
    const key = newAppid();
    if (partitionOf({ topic: '', partitionMetadata, message: { key, value: null } }) === partition)
      return key;
  }
}

/** The workers in the order of their partitions, once each has exactly one. */
export function owners(world: World): Promise<Owner[]> {
  const { stack } = world;
  return eventually(async () => {
    const all = await Promise.all(
      stack.workers.map(async (worker, i) => {
        const url = stack.addresses.workers[i] ?? '';
        return { worker, url, partition: await onlyPartition(url) };
      }),
    );
    if (new Set(all.map(({ partition }) => partition)).size < all.length) throw new Error('not assigned yet');
    return all.sort((a, b) => a.partition - b.partition);
  });
}

async function onlyPartition(url: string): Promise<number> {
  const { parts } = await readyz(url);
  const only = /^partitions (\d+)$/.exec(parts.kafka?.detail ?? '')?.[1];
  if (only === undefined) throw new Error(`${url} has not one partition: ${parts.kafka?.detail}`);
  return Number(only);
}

/** The number of operations in a worker's lanes. */
export async function inLanes({ url }: Pick<Owner, 'url'>): Promise<number> {
  return Number(await readMetric(url, 'wxa_lane_operations'));
}

/** The number of commands of a partition after the committed offset. */
export function uncommitted(world: World, partition: number): Promise<number> {
  const { prefix } = world;
  const topic = prefix + TOPICS.commands;
  return withAdmin(world, async (admin) => {
    const ends = await admin.fetchTopicOffsets(topic);
    const groups = await admin.fetchOffsets({ groupId: `${prefix}wxa-release-worker`, topics: [topic] });
    const end = ends.find((one) => one.partition === partition)?.offset;
    const committed = groups[0]?.partitions.find((one) => one.partition === partition)?.offset;
    return Number(end) - Math.max(0, Number(committed));
  });
}
