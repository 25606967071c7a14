import { readFile } from 'node:fs/promises';
import { expect, it } from '@jest/globals';
import { TOPICS } from '@wxa/contracts';
import kafkajs, { type PartitionAssigner } from 'kafkajs';
import { commit, useWorld, worker, world } from '../use-world.js';

useWorld();

const kafka = () =>
  new kafkajs.Kafka({ brokers: [world.stack.addresses.kafka], logLevel: kafkajs.logLevel.NOTHING });

/** Round robin under an unknown protocol name: Kafka rejects other consumers that join the group, after a while. */
const foreignAssigner: PartitionAssigner = (config) => {
  const known = kafkajs.PartitionAssigners.roundRobin(config);
  const name = 'Foreign';
  return { ...known, name, protocol: (topics) => ({ ...known.protocol(topics), name }) };
};

it('A worker whose consumer stopped permanently exits with 1, and runs the accepted operation once it is started again', async () => {
  await worker().stop();
  const foreignConsumer = kafka().consumer({
    groupId: `${world.prefix}wxa-release-worker`,
    partitionAssigners: [foreignAssigner],
  });
  await foreignConsumer.connect();
  await foreignConsumer.subscribe({ topics: [world.prefix + TOPICS.deadLetters] });
  const joined = new Promise((resolve) => foreignConsumer.on(foreignConsumer.events.GROUP_JOIN, resolve));
  await foreignConsumer.run({ eachMessage: async () => undefined });
  await joined;
  const accepted = await commit();
  await worker().start();
  await worker().exited;
  expect(worker().ownExits.splice(0)).toEqual([{ code: 1, signal: null }]);
  expect(await readFile(worker().logFile, 'utf8')).toContain('kafka consumer stopped');
  await foreignConsumer.disconnect();
  await worker().start();
  await worker().waitReady();
  expect(await world.wait(accepted.id)).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED' });
});
