import { execFile } from 'node:child_process';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SerialProducer } from '@wxa/kafka';
import { eventually } from '../eventually.js';
import { FETCH, LossyProxy, PRODUCE } from '../kafka/lossy-proxy.js';
import { connectionOf, TestTopic, valuesOf } from '../kafka/test-topic.js';
import { byLength } from '../length.js';

const WITHIN_MS = byLength({ short: 60_000, long: 10_000 });
const IDLE = fileURLToPath(new URL('idle-process.js', import.meta.url));

let topic: TestTopic;
let proxy: LossyProxy;
beforeEach(async () => {
  topic = await TestTopic.create(1);
  proxy = await LossyProxy.start();
});
afterEach(async () => {
  await topic.close();
  await proxy.stop();
});

const connect = () => connectionOf(topic.prefix, proxy.socketFactory);

it('Every record is delivered within 10 s if connections are reset in the middle of fetched records', async () => {
  const torn = proxy.spoil(
    'torn',
    3,
    ({ api, way, bytes }) => api === FETCH && way === 'answer' && bytes >= 10_000,
  );
  const { records, fatal } = await topic.read({
    connection: connect(),
    onRecord: (record) => record.done(),
  });
  const ten = Array.from({ length: 10 }, (_, i) => String(i));
  await topic.write(0, [...ten, 'x'.repeat(100_000)]);
  await eventually(() => records.length >= 11, WITHIN_MS);
  expect([torn(), fatal, valuesOf(records).slice(0, 10)]).toEqual([3, [], ten]);
});

describe('SerialProducer', () => {
  const send = (producer: SerialProducer, value: string) =>
    producer.send([{ topic: topic.name, message: { value } }]).then(() => value);

  it('Messages are stored within 10 s if connections are reset in the middle of acknowledgements and metadata', async () => {
    const producer = new SerialProducer(connect());
    await send(producer, '0');
    const torn = proxy.spoil('torn', 3, ({ way }) => way === 'answer');
    await eventually(() => send(producer, '1'), WITHIN_MS);
    await send(producer, '2');
    expect(torn()).toBe(3);
    expect([...new Set(await topic.contents(0))]).toEqual(['0', '1', '2']);
    await producer.disconnect();
  });

  it('Acknowledged messages are stored in order although requests and responses are lost', async () => {
    const passed = { request: 0, answer: 0 };
    proxy.fate = ({ api, way }) => {
      if (api !== PRODUCE) return 'passes';
      passed[way] += 1;
      return passed[way] % (way === 'request' ? 5 : 3) === 0 ? 'cut' : 'passes';
    };
    const producer = new SerialProducer(connect());
    const sends: Promise<string>[] = [];
    for (let n = 0; n < 300; n += 1) {
      sends.push(send(producer, String(n)));
      await setImmediate();
      // Leads to many requests instead of one with all messages.
      if (sends.length % 25 === 0) await Promise.allSettled(sends.slice(-25, -24));
    }
    const ended = await Promise.allSettled(sends);
    const acknowledged = ended.flatMap((sent) => (sent.status === 'fulfilled' ? [sent.value] : []));
    await producer.disconnect();
    expect(passed.request).toBeGreaterThan(10);
    // Duplicates have the same value: only the first counts.
    const first = [...new Set(await topic.contents(0))];
    expect(first.filter((value) => acknowledged.includes(value))).toEqual(acknowledged);
    expect(acknowledged.length).toBeGreaterThan(sends.length / 2);
  });

  it('An idle process uses less than half of the CPU time that kafkajs uses without our patch', async () => {
    const brokers = process.env.TEST_KAFKA_BROKERS ?? '';
    const [ours, theirs] = await Promise.all(
      ['patched', 'unpatched'].map(async (which) => {
        const { stdout } = await promisify(execFile)(process.execPath, [IDLE, brokers, topic.prefix, which]);
        return Number(stdout);
      }),
    );
    expect(ours).toBeLessThan(Number(theirs) / 2);
  });
});
