import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { TOPICS } from '@wxa/contracts';
import { type Ranges, readRanges, sinceAndLast, TailFollower, withAdmin } from '@wxa/kafka';
import { eventually } from '../eventually.js';
import { byLength } from '../length.js';
import { JOIN_GROUP, LossyProxy, METADATA } from './lossy-proxy.js';
import { connectionOf, SILENT, TestTopic } from './test-topic.js';

let topic: TestTopic;
afterEach(() => topic?.close());

/** The values of the last messages of each partition, or of other ranges. */
async function read(
  last: number | Ranges,
  connection = topic.connection,
  signal = AbortSignal.timeout(byLength({ short: 60_000, long: 9_000 })),
): Promise<string[]> {
  const values: string[] = [];
  const ranges = typeof last === 'number' ? sinceAndLast(new Date(), { first: 0, last }) : last;
  const options = { topic: TOPICS.commands, ranges, groupPrefix: 'wxa-history-', logger: SILENT, signal };
  await readRanges(connection, options, async (_partition, messages) => {
    values.push(...messages.map(({ value }) => String(value)));
  });
  return values;
}

async function groups(): Promise<string[]> {
  const listed = await withAdmin(topic.connection, (admin) => admin.listGroups());
  return listed.groups.map(({ groupId }) => groupId).filter((id) => id.startsWith(topic.prefix));
}

describe('readRanges', () => {
  it('readRanges reads the last messages of every partition and deletes its group', async () => {
    topic = await TestTopic.create(4);
    expect(await read(3)).toEqual([]);
    for (const [partition, count] of [50, 3, 0, 1].entries())
      await topic.write(
        partition,
        Array.from({ length: count }, (_, n) => `${count}-${n}`),
      );
    const values = (await read(3)).sort();
    expect(values).toEqual(['1-0', '3-0', '3-1', '3-2', '50-47', '50-48', '50-49']);
    expect(await groups()).toEqual([]);
  });

  it('readRanges reads the first messages since a time and the last ones of a partition, each once', async () => {
    topic = await TestTopic.create(2);
    const numbers = (from: number, count: number) => Array.from({ length: count }, (_, n) => from + n);
    const write = (partition: number, from: number, count: number) =>
      topic.write(partition, numbers(from, count).map(String));
    await write(0, 0, 30);
    const before = Date.now();
    await eventually(() => Date.now() > before);
    const since = new Date();
    await write(0, 30, 50);
    await write(1, 100, 5);
    const found = async (first: number, last: number) =>
      (await read(sinceAndLast(since, { first, last }))).map(Number).sort((a, b) => a - b);
    expect(await found(2, 3)).toEqual([30, 31, 77, 78, 79, 100, 101, 102, 103, 104]);
    expect(await found(50, 3)).toEqual([...numbers(30, 50), ...numbers(100, 5)]);
    expect(await found(0, 60)).toEqual([...numbers(20, 60), ...numbers(100, 5)]);
  });

  it('readRanges reads 20 messages of each of 48 partitions within 10 s', async () => {
    topic = await TestTopic.create(48);
    const values = Array.from({ length: 30 }, (_, n) => `${n}`);
    await Promise.all(Array.from({ length: 48 }, (_, partition) => topic.write(partition, values)));
    const startedAt = performance.now();
    expect(await read(20)).toHaveLength(20 * 48);
    expect(performance.now() - startedAt).toBeLessThan(
      byLength({ short: Number.POSITIVE_INFINITY, long: 10_000 }),
    );
  });

  it('readRanges ends at its limit while a broker accepts connections and does not answer', async () => {
    const sockets: Socket[] = [];
    const broker = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await once(broker, 'listening');
    const { port } = broker.address() as AddressInfo;
    const connection = connectionOf('t.', undefined, [`127.0.0.1:${port}`]);
    // Its own limit would end it with another error.
    const reading = read(1, connection, AbortSignal.timeout(500));
    await expect(reading).rejects.toMatchObject({ name: 'TimeoutError' });
    broker.close();
    for (const socket of sockets) socket.destroy();
  });

  it('readRanges rejects, and leaves no unhandled rejection, if Kafka goes away before its consumer has joined', async () => {
    topic = await TestTopic.create(1);
    await topic.write(0, ['one']);
    const proxy = await LossyProxy.start();
    proxy.fate = ({ api }) => (api === JOIN_GROUP ? 'cut' : 'passes');
    const reading = read(1, connectionOf(topic.prefix, proxy.socketFactory));
    await expect(reading).rejects.toThrow('Closed connection');
    await proxy.stop();
  });

  it('If it is aborted before it has connected it leaves no connection open once Kafka can be reached', async () => {
    topic = await TestTopic.create(1);
    const proxy = await LossyProxy.start();
    let [cuts, isReached] = [0, false];
    proxy.fate = () => {
      cuts += 1;
      return 'cut';
    };
    const aborting = new AbortController();
    const reading = read(1, connectionOf(topic.prefix, proxy.socketFactory), aborting.signal);
    await eventually(() => cuts > 0);
    aborting.abort(new Error('of a test'));
    await expect(reading).rejects.toThrow('of a test');
    proxy.fate = ({ api }) => {
      isReached ||= api === METADATA;
      return 'passes';
    };
    await eventually(() => isReached && proxy.openSockets === 0);
    await proxy.stop();
  });
});

it('TailFollower reads every message that is written once it is ready', async () => {
  topic = await TestTopic.create(4);
  const partitions = [0, 1, 2, 3];
  for (let round = 0; round < 3; round += 1) {
    const seen: string[] = [];
    const follower = new TailFollower(topic.connection, TOPICS.commands, {
      logger: SILENT,
      onMessage: ({ value }) => void seen.push(value.toString()),
    });
    await follower.ready;
    for (const which of ['first', 'last'])
      await Promise.all(partitions.map((partition) => topic.write(partition, [`${which} of ${partition}`])));
    await eventually(() => partitions.every((partition) => seen.includes(`last of ${partition}`)));
    await follower.stop();
    expect(seen).toEqual(expect.arrayContaining(partitions.map((partition) => `first of ${partition}`)));
  }
});
