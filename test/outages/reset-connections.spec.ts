import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SerialProducer } from '@wxa/kafka';
import { eventually } from '../eventually.js';
import { FETCH, LossyProxy } from '../kafka/lossy-proxy.js';
import { connectionOf, TestTopic, valuesOf } from '../kafka/test-topic.js';

const TEN = Array.from({ length: 10 }, (_, i) => String(i));

let topic: TestTopic;
beforeEach(async () => {
  topic = await TestTopic.create(1);
});
afterEach(() => topic.close());

describe('connections that are reset in the middle of a response', () => {
  it('Every record is delivered within 10 s if they are reset in the middle of fetched records', async () => {
    const proxy = await LossyProxy.start();
    let torn = 0;
    proxy.fate = ({ api, way, bytes }) => {
      if (api !== FETCH || way !== 'answer' || bytes < 10_000 || torn === 3) return 'passes';
      torn += 1;
      return 'torn';
    };
    const { records, fatal } = await topic.read({
      connection: connectionOf(topic.prefix, proxy.socketFactory),
      onRecord: (record) => record.done(),
    });
    await topic.write(0, [...TEN, 'x'.repeat(100_000)]);
    await eventually(() => records.length >= 11, 10_000);
    expect([torn, fatal, valuesOf(records).slice(0, 10)]).toEqual([3, [], TEN]);
    await proxy.stop();
  });

  it('Messages are stored within 10 s if they are reset in the middle of acknowledgements and metadata', async () => {
    const proxy = await LossyProxy.start();
    const producer = new SerialProducer(connectionOf(topic.prefix, proxy.socketFactory));
    const send = (value: string) => producer.send([{ topic: topic.name, message: { value } }]);
    await send('0');
    let torn = 0;
    proxy.fate = ({ way }) => {
      if (way === 'request' || torn === 3) return 'passes';
      torn += 1;
      return 'torn';
    };
    await eventually(() => send('1'), 10_000);
    await send('2');
    expect(torn).toBe(3);
    expect([...new Set(await topic.contents(0))]).toEqual(['0', '1', '2']);
    await producer.disconnect();
    await proxy.stop();
  });
});
