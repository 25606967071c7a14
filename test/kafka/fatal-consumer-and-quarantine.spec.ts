import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { TOPICS } from '@wxa/contracts';
import kafkajs, { type PartitionAssigner } from 'kafkajs';
import { newAppid } from '../appid.js';
import { eventually } from '../eventually.js';
import { useWorld, world } from '../use-world.js';
import { wxa } from '../wxa.js';

useWorld();

const worker = () => {
  const [app] = world.stack.workers;
  if (app === undefined) throw new Error('no worker');
  return app;
};
const get = async (path: string) => (await fetch(`${world.stack.addresses.workers[0]}${path}`)).text();
const kafka = () =>
  new kafkajs.Kafka({ brokers: [world.stack.addresses.kafka], logLevel: kafkajs.logLevel.NOTHING });

/** Sets the maximum message size of the audits topic. */
async function limitAudits(bytes: number): Promise<void> {
  const admin = kafka().admin();
  await admin.connect();
  const configEntries = [{ name: 'max.message.bytes', value: String(bytes) }];
  const resource = {
    type: kafkajs.ConfigResourceTypes.TOPIC,
    name: world.prefix + TOPICS.audits,
    configEntries,
  };
  await admin.alterConfigs({ validateOnly: false, resources: [resource] });
  await admin.disconnect();
}

/** Round robin under an unknown protocol name: Kafka rejects other consumers that join the group, after a while. */
const foreignAssigner: PartitionAssigner = (config) => {
  const known = kafkajs.PartitionAssigners.roundRobin(config);
  const name = 'Foreign';
  return { ...known, name, protocol: (topics) => ({ ...known.protocol(topics), name }) };
};

describe('stopped Kafka consumer', () => {
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
    const accepted = await world.change('Commit', {
      appid: newAppid(),
      templateId: 1n,
      userVersion: '1.0',
    });
    await worker().start();
    await worker().exited;
    expect(worker().ownExits.splice(0)).toEqual([{ code: 1, signal: null }]);
    expect(await readFile(worker().logFile, 'utf8')).toContain('kafka consumer stopped');
    await foreignConsumer.disconnect();
    await worker().start();
    await worker().waitReady();
    expect(await world.wait(accepted.id)).toMatchObject({ state: 'OPERATION_STATE_SUCCEEDED' });
  }, 60_000);
});

describe('records that Kafka rejects', () => {
  it('An event too large for its topic is quarantined, the others are published in order, and it can be published again', async () => {
    await limitAudits(2000);
    const appid = newAppid();
    await world.sql(
      `insert into outbox (writer, topic, event_id, type, source, appid, time, traceparent, value)
       select 'release-worker', $1, $2 || n, 'wxa.code.v1.Test', 'test', $2, now(), '', to_json(repeat('x', size))
       from unnest(array[10, 10, 3000, 10, 2500, 10]) with ordinality as e(size, n)`,
      [TOPICS.audits, appid],
    );
    await eventually(() => world.messages('Test', appid).some(({ id }) => id === `${appid}6`));
    const ids = world.messages('Test', appid).map(({ id }) => id);
    expect([...new Set(ids)]).toEqual([1, 2, 4, 6].map((n) => `${appid}${n}`));
    const quarantined = await world.sql('select event_id, length(value) as size, reason from outbox_refused');
    const reason = 'MESSAGE_TOO_LARGE';
    expect(quarantined).toEqual([
      { event_id: `${appid}3`, size: 3002, reason },
      { event_id: `${appid}5`, size: 2502, reason },
    ]);
    await eventually(async () => (await world.sql('select 1 from outbox')).length === 0);
    await eventually(async () => (await get('/readyz')).includes('2 events permanently rejected by Kafka'));
    const counted = '\nwxa_outbox_quarantined_events{writer="release-worker"} 2';
    await eventually(async () => expect(await get('/metrics')).toContain(counted), 20_000);
    expect(await readFile(worker().logFile, 'utf8')).toContain('event quarantined');
    await limitAudits(4000);
    const env = { DATABASE_URL: world.stack.addresses.postgres };
    const listed = JSON.parse((await wxa(['outbox', 'list', '--json'], env)).out);
    expect(listed.events.map(({ eventId }: { eventId: string }) => eventId)).toEqual([
      `${appid}3`,
      `${appid}5`,
    ]);
    const released = await wxa(['outbox', 'release', `${appid}3`, `${appid}5`, 'unknown'], env);
    expect(released).toMatchObject({ code: 1, out: '2 events released\n' });
    expect(released.err).toContain('not quarantined: unknown\n');
    expect(await world.sql(`select detail from trail where action = 'events.released'`)).toEqual([
      { detail: { events: [`${appid}3`, `${appid}5`] } },
    ]);
    await eventually(() =>
      [3, 5].every((n) => world.messages('Test', appid).some(({ id }) => id === appid + n)),
    );
    expect(await world.sql('select 1 from outbox_refused')).toEqual([]);
  }, 60_000);

  it('A command as large as Kafka allows fits on the dead-letter topic', async () => {
    const key = newAppid();
    const value = 'x'.repeat(1_048_400);
    await world.produce(TOPICS.commands, [{ key, value, headers: { some: 'header' } }]);
    await eventually(() => world.seen.some((m) => m.topic === TOPICS.deadLetters && m.key === key));
    expect(world.seen.find((m) => m.topic === TOPICS.deadLetters)?.value).toBe(value);
  });
});
