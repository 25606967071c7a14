import { readFile } from 'node:fs/promises';
import { expect, it } from '@jest/globals';
import { TOPICS } from '@wxa/contracts';
import { withAdmin } from '@wxa/kafka';
import kafkajs from 'kafkajs';
import { eventually, newAppid, useSharedWorld, world, wxaHere } from '../use-world.js';

useSharedWorld('release');

const get = async (path: string) => (await fetch(`${world.stack.addresses.workers[0]}${path}`)).text();

/** Sets the maximum message size of the audits topic, in bytes; '' for Kafka's own. */
async function limitAudits(value: string): Promise<void> {
  const resource = {
    type: kafkajs.ConfigResourceTypes.TOPIC,
    name: world.prefix + TOPICS.audits,
    configEntries: value === '' ? [] : [{ name: 'max.message.bytes', value }],
  };
  await withAdmin(world, (admin) => admin.alterConfigs({ validateOnly: false, resources: [resource] }));
}

it('An event too large for its topic is quarantined, the others are published in order, and it can be published again', async () => {
  await limitAudits('2000');
  const appid = newAppid();
  await world.sql(
    `insert into outbox (writer, topic, event_id, type, source, appid, time, traceparent, value)
       select 'release-worker', $1, $2 || n, 'wxa.code.v1.Test', 'test', $2, now(), '', to_json(repeat('x', size))
       from unnest(array[10, 10, 3000, 10, 2500, 10]) with ordinality as e(size, n)`,
    [TOPICS.audits, appid],
  );
  await eventually(() => world.messages('Test', appid).some(({ id }) => id === `${appid}6`));
  const ids = (...numbers: number[]) => numbers.map((n) => `${appid}${n}`);
  const published = () => world.messages('Test', appid).map(({ id }) => id);
  expect([...new Set(published())]).toEqual(ids(1, 2, 4, 6));
  const quarantined = await world.sql('select event_id, length(value) as size, reason from outbox_refused');
  const reason = 'MESSAGE_TOO_LARGE';
  expect(quarantined).toEqual([
    { event_id: `${appid}3`, size: 3002, reason },
    { event_id: `${appid}5`, size: 2502, reason },
  ]);
  await eventually(async () => (await world.sql('select 1 from outbox')).length === 0);
  await eventually(async () => (await get('/readyz')).includes('2 events permanently rejected by Kafka'));
  const counted = '\nwxa_outbox_quarantined_events{writer="release-worker"} 2';
  await eventually(async () => expect(await get('/metrics')).toContain(counted));
  expect(await readFile(world.stack.workers[0]?.logFile ?? '', 'utf8')).toContain('event quarantined');
  await limitAudits('');
  const listed = JSON.parse((await wxaHere(['outbox', 'list', '--json'])).out);
  expect(listed.events.map(({ eventId }: { eventId: string }) => eventId)).toEqual(ids(3, 5));
  const released = await wxaHere(['outbox', 'release', ...ids(3, 5), 'unknown']);
  expect(released).toMatchObject({ code: 1, out: '2 events released\n' });
  expect(released.err).toContain('not quarantined: unknown\n');
  expect(await world.sql(`select detail from trail where action = 'events.released'`)).toEqual([
    { detail: { events: ids(3, 5) } },
  ]);
  await eventually(() => ids(3, 5).every((id) => published().includes(id)));
  expect(await world.sql('select 1 from outbox_refused')).toEqual([]);
});

it('A command as large as Kafka allows fits on the dead-letter topic', async () => {
  const key = newAppid();
  const value = 'x'.repeat(1_048_400);
  await world.produce(TOPICS.commands, [{ key, value, headers: { some: 'header' } }]);
  const deadLetter = () => world.seen.find((m) => m.topic === TOPICS.deadLetters && m.key === key);
  await eventually(() => deadLetter() !== undefined);
  // Not toBe, which would print both.
  expect(deadLetter()?.value === value).toBe(true);
});
