import { expect, it } from '@jest/globals';
import { connectKafka } from './connection.js';

it('An error that kafkajs passes as the message of a line is logged.', () => {
  const lines: object[] = [];
  const logger = { error: () => undefined, info: () => undefined, warn: (line: object) => lines.push(line) };
  const { kafka } = connectKafka({ brokers: ['broker:9092'], clientId: 'test', logger });
  kafka.logger().error(new Error('lock timed out') as never, { broker: 'broker:9092' });
  expect(lines).toEqual([expect.objectContaining({ broker: 'broker:9092', error: 'Error: lock timed out' })]);
});
