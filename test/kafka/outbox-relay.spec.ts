import { EventEmitter, once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { commandEvent, TOPICS } from '@wxa/contracts';
import { OutboxRelay } from '@wxa/kafka';
import type { Leases } from '@wxa/postgres';
import type { Store } from '@wxa/store';
import { eventually } from '../eventually.js';
import { byLength } from '../length.js';
import { newOperation, openStore } from '../store/scratch-store.js';
import { column, gateway, scratch, sql, useStore } from '../store/use-store.js';
import { SILENT, TestTopic } from './test-topic.js';

/** Another process: of this version, by its UUIDv8. */
const ANOTHER = '00000000-0000-8000-8000-000000000000';

useStore();
let topic: TestTopic;
beforeEach(async () => {
  topic = await TestTopic.create(1);
});
afterEach(async () => {
  await topic.close();
  await sql('truncate operations, outbox, leases');
});

const relayOf = (store: Store, onSent?: (event: { id: string }) => void) =>
  new OutboxRelay(store, topic.connection, { writer: 'gateway', logger: SILENT, onSent });

/** A relay with the lease on the test's topic, with counts of its reads and of the events found by them. */
async function startRelay(
  beforeRead: () => Promise<unknown> = async () => undefined,
  onSent?: (event: { id: string }) => void,
) {
  const counts = { reads: 0, found: 0 };
  const { outbox } = gateway;
  const advance: typeof outbox.advance = async (sent, limit) => {
    counts.reads += 1;
    await beforeRead();
    const page = await outbox.advance(sent, limit);
    counts.found += page.rows.length;
    return page;
  };
  const counted = Object.assign(Object.create(outbox), { advance });
  const relay = relayOf(Object.assign(Object.create(gateway), { outbox: counted }), onSent);
  relay.start();
  await eventually(() => counts.reads > 0);
  return { relay, counts };
}

/** Accepts an operation with a label; returns what a relay is passed. */
async function accept(label: string, store = gateway) {
  const request = { label };
  const made = newOperation({ request: JSON.stringify(request) });
  const command = commandEvent({ ...made, request }, 'gateway');
  const accepted = await store.operations.accept({ ...made, command });
  return { command, outboxId: accepted.kind === 'accepted' ? accepted.outboxId : null };
}

async function publish(relay: OutboxRelay, label: string) {
  const { command, outboxId } = await accept(label);
  if (outboxId === null) throw new Error('an event of another writer precedes it');
  relay.publish(command, outboxId);
  return outboxId;
}

/** Another process of the gateway. */
const openReplica = () => openStore({ url: scratch.url }, 'gateway');

/** The labels of the operations whose commands are in the outbox. */
const waiting = () =>
  column<string>(
    `select o.request ->> 'label' from outbox join operations o on event_id = o.id || '.command.0'`,
  );
const isEmpty = async () => (await sql('select from outbox')).length === 0;

/** The labels of the commands on the topic. */
async function published(): Promise<string[]> {
  const values = await topic.contents(0);
  return values.map((value) => JSON.parse(value).release.label);
}

it('The relay publishes events passed to it two at a time once and in order, deletes them and reads the outbox at most every 100 ms', async () => {
  const { relay, counts } = await startRelay();
  const before = { reads: counts.reads, at: performance.now() };
  const values = Array.from({ length: 40 }, (_, i) => String(i));
  for (let i = 0; i < values.length; i += 2) {
    const pair = [await accept(values[i] ?? ''), await accept(values[i + 1] ?? '')];
    for (const { command, outboxId } of pair) relay.publish(command, outboxId);
  }
  await eventually(isEmpty);
  const tenths = (performance.now() - before.at) / 100;
  const reads = counts.reads - before.reads;
  await relay.stop();
  expect(reads).toBeLessThanOrEqual(tenths + 1);
  expect(await published()).toEqual(values);
});

it('The relay finds fewer than 30 of 120 events in the outbox if they are passed to it while it sends', async () => {
  const { relay, counts } = await startRelay();
  for (let round = 0; round < 10; round += 1) {
    const accepted = await Promise.all(Array.from({ length: 12 }, (_, i) => accept(String(i))));
    for (const { command, outboxId } of accepted) {
      relay.publish(command, outboxId ?? '');
      await setImmediate();
    }
    await eventually(isEmpty);
  }
  await relay.stop();
  // Its poll finds those that were accepted just before it and are passed just after it; a busy machine has more of them.
  expect(counts.found).toBeLessThan(30);
});

it('Each poll finds only events that are on their way, if the relay is passed 900 while it deletes others', async () => {
  const sent = new EventEmitter().setMaxListeners(150);
  const startedAt = performance.now();
  const { relay, counts } = await startRelay(undefined, ({ id }) => sent.emit(id));
  const publishMany = async () => {
    const sends = [];
    for (let i = 0; i < 30; i += 1) {
      const { command, outboxId } = await accept('passed');
      sends.push(once(sent, command.id));
      relay.publish(command, outboxId);
      await sends[i - 4];
    }
  };
  await Promise.all(Array.from({ length: 30 }, publishMany));
  // A stop publishes a backlog for a limited time only.
  await eventually(isEmpty);
  const polls = 1 + Math.floor((performance.now() - startedAt) / 1_500);
  await relay.stop();
  expect(await published()).toHaveLength(900);
  // At most 5 of each publisher are on their way at once.
  expect(counts.found).toBeLessThanOrEqual(polls * 150);
});

it('The relay publishes an event that it was not notified of and deletes all events while it is passed others', async () => {
  const { relay } = await startRelay();
  await accept('unnotified');
  let publishing = true;
  const publishMany = async () => {
    while (publishing) await publish(relay, 'passed');
  };
  // Enough of them that some are always pending at the next send.
  const others = Array.from({ length: 30 }, publishMany);
  await eventually(async () => (await published()).includes('unnotified'));
  publishing = false;
  await Promise.all(others);
  await eventually(isEmpty);
  await relay.stop();
});

it('The relay publishes and deletes the last event passed to it before it stops', async () => {
  const { relay } = await startRelay();
  await publish(relay, 'last');
  await relay.stop();
  expect(await isEmpty()).toBe(true);
  expect(await published()).toEqual(['last']);
});

it('The relay publishes an event that reuses the outbox id of one published before a failover', async () => {
  let failover: (() => Promise<void>) | undefined;
  const { relay } = await startRelay(async () => {
    const lost = failover;
    failover = undefined;
    await lost?.();
  });
  const { command, outboxId } = await accept('before');
  failover = async () => {
    // Once the event is on the topic, the relay is about to delete it.
    await eventually(async () => (await published()).includes('before'));
    await sql(
      `update outbox set event_id = 'another', topic = $2, value = '{"release":{"label":"after"}}', value_bytes = null
         where id = $1`,
      outboxId,
      TOPICS.commands,
    );
    throw new Error('the connection of the read broke');
  };
  relay.publish(command, outboxId ?? '');
  await eventually(isEmpty);
  await relay.stop();
  expect(await published()).toEqual(['before', 'after']);
});

it('The relay stops within 2 s and releases its lease while another replica keeps writing', async () => {
  const replica = await openReplica();
  let writing = true;
  const { relay } = await startRelay(async () => writing && accept('', replica));
  await accept('own');
  const stopRequestedAt = performance.now();
  const stopped = relay.stop();
  try {
    await eventually(async () => (await sql('select from leases')).length === 0);
    await stopped;
    expect(performance.now() - stopRequestedAt).toBeLessThan(
      byLength({ short: Number.POSITIVE_INFINITY, long: 2_000 }),
    );
    expect(await waiting()).not.toContain('own');
  } finally {
    writing = false;
    await stopped;
    await replica.close();
  }
  expect(await published()).toContain('own');
});

it('The relay publishes nothing without the lease, and the holder of the lease publishes the event', async () => {
  const { relay } = await startRelay();
  const other = relayOf(gateway);
  other.start();
  await publish(other, 'of the other');
  await eventually(async () => (await published()).includes('of the other'));
  await Promise.all([other.stop(), relay.stop()]);
  expect(await published()).toEqual(['of the other']);
});

it('A relay that could not publish is healthy once another has the lease', async () => {
  let isBroken = false;
  const { relay } = await startRelay(async () => {
    if (isBroken) throw new Error('the read broke');
  });
  isBroken = true;
  relay.notify();
  await eventually(() => !relay.healthy);
  await sql(`update leases set holder = $1, until = now() + interval '1 hour'`, ANOTHER);
  await eventually(() => relay.healthy);
  await relay.stop();
});

it('A relay without the lease asks for it ten times a second at most and notifies its holder at its interval, which misses no event', async () => {
  const { relay: holder } = await startRelay();
  const counts = { hold: 0, notify: 0 };
  const { leases } = gateway;
  const counted: Pick<Leases, 'hold' | 'notify'> = {
    hold: (...lease) => {
      counts.hold += 1;
      return leases.hold(...lease);
    },
    notify: (channel) => {
      counts.notify += 1;
      return leases.notify(channel);
    },
  };
  const store = Object.assign(Object.create(gateway), {
    leases: Object.assign(Object.create(leases), counted),
  });
  const options = { writer: 'gateway', logger: SILENT, minIntervalMs: 50 } as const;
  const relay = new OutboxRelay(store, topic.connection, options);
  const startedAt = performance.now();
  relay.start();
  const labels = Array.from({ length: 200 }, (_, i) => String(i));
  for (const label of labels) await publish(relay, label);
  await eventually(isEmpty);
  const tookMs = performance.now() - startedAt;
  expect(counts.hold).toBeLessThanOrEqual(tookMs / 100 + 1);
  expect(counts.notify).toBeLessThanOrEqual(tookMs / 50 + 1);
  await Promise.all([relay.stop(), holder.stop()]);
  expect(await published()).toEqual(labels);
});

it('The relay publishes an event that another replica wrote first before its own', async () => {
  const { relay } = await startRelay();
  const replica = await openReplica();
  await accept('first', replica);
  expect(await accept('second')).toMatchObject({ outboxId: null });
  relay.notify();
  await eventually(async () => (await published()).length === 2);
  await Promise.all([relay.stop(), replica.close()]);
  expect(await published()).toEqual(['first', 'second']);
});
