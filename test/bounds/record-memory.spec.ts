import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { eventually } from '../eventually.js';
import { TestTopic } from '../kafka/test-topic.js';

const BYTES = 10_000;

let topic: TestTopic;
beforeEach(async () => {
  topic = await TestTopic.create(1);
});
afterEach(() => topic.close());

it('A record of 10 kB that is kept in memory holds less than 20 kB, although 100 records were fetched together', async () => {
  await topic.write(
    0,
    Array.from({ length: 100 }, () => 'x'.repeat(BYTES)),
  );
  const { records } = await topic.read();
  await eventually(() => records.length === 100);
  const kept = records.map(({ value }) => value?.buffer.byteLength ?? 0);
  expect(Math.max(...kept)).toBeLessThan(2 * BYTES);
});
