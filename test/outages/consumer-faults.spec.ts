import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { ReceivedRecord } from '@wxa/kafka';
import type { Consumer } from 'kafkajs';
import { eventually } from '../eventually.js';
import { FIND_COORDINATOR, JOIN_GROUP, LossyProxy, OFFSET_COMMIT } from '../kafka/lossy-proxy.js';
import { connectionOf, type ReadingOptions, SILENT, TestTopic, valuesOf } from '../kafka/test-topic.js';
import { byLength } from '../length.js';

const SESSION_MS = 10_000;
const limit = (long: number) => byLength({ short: Number.POSITIVE_INFINITY, long });

let topic: TestTopic;
let proxy: LossyProxy;
beforeEach(async () => {
  topic = await TestTopic.create(4);
  proxy = await LossyProxy.start();
});
afterEach(async () => {
  proxy.fate = () => 'passes';
  await topic.close();
  await proxy.stop();
});

/** Reads through the proxy. */
const readThrough = (options: ReadingOptions = {}) =>
  topic.read({ connection: connectionOf(topic.prefix, proxy.socketFactory), ...options });

const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i));
/** Resolves at the end of a fetch that began after the current one. */
function nextFetch({ on, events }: Consumer): Promise<void> {
  return new Promise((resolve) => {
    let ended = 0;
    const stop = on(events.FETCH, () => {
      ended += 1;
      if (ended < 2) return;
      stop();
      resolve();
    });
  });
}
const of = (partition: number) => (record: { partition: number }) => record.partition === partition;

it('A record handler that throws a TypeError or SyntaxError neither stops the consumer nor skips a record', async () => {
  const faults = new Map<string, Error>([
    ['2', new TypeError('of a test')],
    ['5', new SyntaxError('of a test')],
    ['7', new Error('of a test')],
  ]);
  await topic.write(0, numbers(10));
  const reading = await topic.read({
    onRecord(record) {
      const fault = faults.get(String(record.value));
      faults.delete(String(record.value));
      if (fault !== undefined) throw fault;
      record.done();
    },
  });
  await eventually(async () => (await topic.committed())[0] === 10);
  expect(valuesOf(reading.records)).toEqual([...numbers(10), '2', '5', '7']);
  expect(reading.fatal).toEqual([]);
  expect(reading.assignments).toHaveLength(1);
});

it('A rebalance is one warning with its reason, without the responses to the requests of that time', async () => {
  const warned: { message: string; error?: string }[] = [];
  const warn = (fields: object, message: string) => warned.push({ ...fields, message });
  const connection = connectionOf(topic.prefix, undefined, undefined, { ...SILENT, warn });
  const first = await topic.read({ connection });
  warned.length = 0;
  await topic.read();
  await eventually(() => first.assignments.length === 2);
  const error = expect.stringContaining('a rejoin is needed');
  expect(warned).toMatchObject([{ message: 'kafka error', component: 'Runner', error }]);
});

it('An assignment handler that throws is fatal', async () => {
  const onAssigned = () => {
    throw new TypeError('of a test');
  };
  const reading = await topic.read({ onAssigned });
  await eventually(() => reading.fatal.length === 1);
});

it.each([
  ['its request for the coordinator is lost', { api: FIND_COORDINATOR, way: 'request', fate: 'cut' }],
  ['the response to its join is unreadable', { api: JOIN_GROUP, way: 'answer', fate: 'emptied' }],
] as const)('A consumer joins its group within 5 s if at first %s', async (_, fault) => {
  const faults = proxy.spoil(fault.fate, 1, ({ api, way }) => api === fault.api && way === fault.way);
  const startedAt = performance.now();
  const reading = await readThrough();
  expect(performance.now() - startedAt).toBeLessThan(limit(5_000));
  expect([faults(), reading.fatal]).toEqual([1, []]);
});

it('A record that takes longer than the session delays no other partition and causes no rebalance', async () => {
  await topic.write(0, ['slow']);
  const onRecord = (record: ReceivedRecord) => record.partition !== 0 && record.done();
  const reading = await topic.read({ onRecord });
  const heartbeats: number[] = [];
  reading.kafkajs.on('consumer.heartbeat', ({ timestamp }) => heartbeats.push(timestamp));
  await eventually(() => reading.records.length === 1);
  const since = Date.now();
  await topic.write(1, numbers(10));
  await eventually(() => reading.records.filter(of(1)).length === 10);
  await eventually(async () => expect(await topic.committed()).toEqual([0, 10, -1, -1]));
  await eventually(() => (heartbeats.at(-1) ?? 0) - since > SESSION_MS, 3 * SESSION_MS);
  await topic.write(2, numbers(10));
  await eventually(() => reading.records.filter(of(2)).length === 10);
  reading.records.find(of(0))?.done();
  await eventually(async () => expect(await topic.committed()).toEqual([1, 10, 10, -1]));
  expect(reading.assignments).toHaveLength(1);
});

it('A consumer that lost a partition no longer commits offsets of it', async () => {
  for (const partition of [0, 1, 2, 3]) await topic.write(partition, ['a', 'b']);
  const old = await topic.read();
  await eventually(() => old.records.length === 8);
  const received = [...old.records];
  const other = await topic.read();
  await eventually(() => old.assignments.length === 2 && other.records.length === 4);
  const [kept = [], lost = []] = [old.assignments.at(-1), other.assignments.at(-1)];
  await eventually(() => old.records.length === 12);
  const offsets = async (partitions: number[]) => {
    const all = await topic.committed();
    return partitions.map((partition) => all[partition]);
  };
  // Committed by the new owner, with both records unfinished.
  await eventually(async () => (await offsets(lost)).every((offset) => offset === 0));
  for (const record of old.records) record.done();
  await eventually(async () => (await offsets(kept)).every((offset) => offset === 2));
  expect(await offsets(lost)).toEqual([0, 0]);
  expect(received.filter((record) => record.isCurrent())).toEqual([]);
});

it('Reading pauses at a limit of records, bytes or commit gap and resumes at half of it', async () => {
  const none = { records: 1e9, bytes: 1e9, commitGap: 1e9 };
  const limited = [
    { limits: { ...none, records: 10 }, first: 0, stops: [0, 1, 2, 3] },
    { limits: { ...none, bytes: 10 }, first: 0, stops: [0, 1, 2, 3] },
    { limits: { ...none, commitGap: 10 }, first: 1, stops: [0] },
  ];
  await Promise.all(
    limited.map(async ({ limits, first, stops }) => {
      const one = await TestTopic.create(4);
      const { records, kafkajs } = await one.read({ limits });
      const paused = () => [...(kafkajs.paused()[0]?.partitions ?? [])].sort();
      await one.write(0, numbers(9));
      await eventually(() => records.length === 9);
      expect(paused()).toEqual([]);
      await one.write(0, ['9']);
      await eventually(() => records.length === 10);
      // Finished out of order: the commit gap does not change.
      for (const record of records.slice(10 - first)) record.done();
      expect(paused()).toEqual(stops);
      await one.write(0, ['later']);
      for (const record of records.slice(0, 4)) record.done();
      expect(paused()).toEqual(stops);
      expect(records).toHaveLength(10);
      records[4]?.done();
      expect(paused()).toEqual([]);
      await eventually(() => records.length === 11);
      await one.close();
    }),
  );
});

it('A resume with every partition paused takes effect within 1 s, not after kafkajs’s 5 s', async () => {
  const limits = { records: 4, bytes: 1e9, commitGap: 1e9 };
  const { records, kafkajs } = await topic.read({ limits });
  await topic.write(0, numbers(4));
  await eventually(() => kafkajs.paused().length > 0);
  await topic.write(0, ['next']);
  for (const record of records.slice(0, 2)) record.done();
  const resumed = performance.now();
  await eventually(() => records.length === 5);
  expect(performance.now() - resumed).toBeLessThan(limit(1_000));
});

it('Finishing records during a crash from which kafkajs restarts throws no error', async () => {
  await topic.write(0, ['a', 'b']);
  const limits = { records: 1e9, bytes: 1e9, commitGap: 2 };
  const { kafkajs, records, fatal } = await readThrough({ limits });
  await eventually(() => kafkajs.paused().length > 0);
  const restarts: boolean[] = [];
  const thrown: unknown[] = [];
  const finish = async () => {
    for (const record of records) record.done();
  };
  kafkajs.on('consumer.crash', ({ payload }) => {
    restarts.push(payload.restart);
    finish().catch((error) => thrown.push(error));
  });
  proxy.fate = () => 'cut';
  await eventually(() => restarts.length > 0);
  expect({ restart: restarts[0], thrown, fatal }).toEqual({ restart: true, thrown: [], fatal: [] });
});

it('A consumer stops within 4 s while Kafka does not answer', async () => {
  await topic.write(0, ['a']);
  const { consumer, records } = await readThrough();
  await eventually(() => records.length === 1);
  proxy.fate = () => 'swallowed';
  records[0]?.done();
  const stopRequestedAt = performance.now();
  await consumer.stop();
  expect(performance.now() - stopRequestedAt).toBeLessThan(limit(4_000));
});

it('Every record of a recreated topic is delivered, although its offsets were seen before', async () => {
  await topic.write(0, numbers(20));
  const { kafkajs, records, fatal } = await topic.read();
  await eventually(() => records.length === 20);
  for (const record of records.slice(0, 5)) record.done();
  await eventually(async () => (await topic.committed())[0] === 5);
  // Without a fetch it does not notice the missing topic, only the missing position.
  kafkajs.pause([{ topic: topic.name }]);
  await nextFetch(kafkajs);
  await topic.recreate();
  const later = numbers(10).map((n) => `later ${n}`);
  await topic.write(0, later);
  records.length = 0;
  kafkajs.resume([{ topic: topic.name }]);
  await eventually(() => records.length >= 10);
  for (const record of records) record.done();
  await eventually(async () => (await topic.committed())[0] === 10);
  expect(valuesOf(records)).toEqual(later);
  expect(fatal).toEqual([]);
});

it('A record of 10 kB that is kept in memory holds less than 20 kB, although 100 records were fetched together', async () => {
  await topic.write(0, Array<string>(100).fill('x'.repeat(10_000)));
  const { records } = await topic.read();
  await eventually(() => records.length === 100);
  const kept = records.map(({ value }) => value?.buffer.byteLength ?? 0);
  expect(Math.max(...kept)).toBeLessThan(20_000);
});

it('At most one offset commit is in progress while the broker does not acknowledge it', async () => {
  await topic.write(0, numbers(10));
  const reading = await readThrough({ onRecord: (record) => record.done() });
  const lost = proxy.spoil('cut', 5, ({ api, way }) => api === OFFSET_COMMIT && way === 'request');
  const commits = { begun: 0, underWay: 0, most: 0 };
  const commit = reading.kafkajs.commitOffsets.bind(reading.kafkajs);
  reading.kafkajs.commitOffsets = async (offsets) => {
    commits.begun += 1;
    commits.underWay += 1;
    commits.most = Math.max(commits.most, commits.underWay);
    await commit(offsets).finally(() => {
      commits.underWay -= 1;
    });
  };
  await eventually(async () => (await topic.committed())[0] === 10);
  expect(lost()).toBe(5);
  expect(commits.most).toBe(1);
});

it('Fetches that return one record each become less frequent while enough records are in flight', async () => {
  const reading = await topic.read({ throttleAbove: 10 });
  const took: number[] = [];
  reading.kafkajs.on('consumer.end_batch_process', ({ payload }) => took.push(payload.duration));
  for (const n of numbers(10)) await topic.write(0, [n]);
  await eventually(() => reading.records.length === 10);
  expect(Math.min(...took)).toBeLessThan(19);
  took.length = 0;
  for (const n of numbers(20)) await topic.write(0, [n]);
  await eventually(() => reading.records.length === 30);
  await eventually(() => took.length > 0 && Math.min(...took) >= 19);
  for (const record of reading.records) record.done();
  await eventually(async () => (await topic.committed())[0] === 30);
  expect(reading.assignments).toHaveLength(1);
});
