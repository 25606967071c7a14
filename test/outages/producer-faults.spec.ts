import { execFile } from 'node:child_process';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SerialProducer } from '@wxa/kafka';
import { LossyProxy, PRODUCE } from '../kafka/lossy-proxy.js';
import { connectionOf, TestTopic } from '../kafka/test-topic.js';

const IDLE = fileURLToPath(new URL('idle-process.js', import.meta.url));

let topic: TestTopic;
beforeEach(async () => {
  topic = await TestTopic.create(1);
});
afterEach(() => topic.close());

describe('SerialProducer', () => {
  it('Acknowledged messages are stored in order although requests and responses are lost', async () => {
    const proxy = await LossyProxy.start();
    const passed = { request: 0, answer: 0 };
    proxy.fate = ({ api, way }) => {
      if (api !== PRODUCE) return 'passes';
      passed[way] += 1;
      return passed[way] % (way === 'request' ? 5 : 3) === 0 ? 'cut' : 'passes';
    };
    const producer = new SerialProducer(connectionOf(topic.prefix, proxy.socketFactory));
    const sent = Array.from({ length: 300 }, (_, i) => String(i));
    const sends: Promise<string>[] = [];
    for (const value of sent) {
      sends.push(producer.send([{ topic: topic.name, message: { value } }]).then(() => value));
      await setImmediate();
      // Leads to many requests instead of one with all messages.
      if (sends.length % 25 === 0) await Promise.allSettled(sends.slice(-25, -24));
    }
    const ended = await Promise.allSettled(sends);
    const acknowledged = ended.flatMap((send) => (send.status === 'fulfilled' ? [send.value] : []));
    await producer.disconnect();
    await proxy.stop();
    expect(passed.request).toBeGreaterThan(10);
    // Duplicates have the same value: only the first counts.
    const first = [...new Set(await topic.contents(0))];
    expect(first.filter((value) => acknowledged.includes(value))).toEqual(acknowledged);
    expect(acknowledged.length).toBeGreaterThan(sent.length / 2);
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
