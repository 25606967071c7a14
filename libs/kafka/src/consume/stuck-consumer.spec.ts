import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { KafkaConnection } from '../connection.js';
import { StuckConsumer } from './stuck-consumer.js';

const LIMITS = { stuckMs: 1_000, askMs: 100 };

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** Watches a consumer that never fetches; `connect` decides whether Kafka answers. */
function watching(connect: () => Promise<void>): StuckConsumer {
  const nothing = async () => undefined;
  const admin = { connect, disconnect: nothing, fetchTopicMetadata: nothing, describeGroups: nothing };
  const connection = { kafka: { admin: () => admin }, topic: String, group: String };
  const at = performance.now();
  const lastFetch = { at, ageMs: Number.POSITIVE_INFINITY };
  const of = { topic: 'commands', group: 'workers', lastFetch };
  const stuck = new StuckConsumer(connection as unknown as KafkaConnection, of as never, LIMITS);
  stuck.start();
  return stuck;
}

it('A consumer is stuck once Kafka has answered for the time without a fetch', async () => {
  const stuck = watching(async () => undefined);
  await jest.advanceTimersByTimeAsync(LIMITS.stuckMs - LIMITS.askMs);
  expect(stuck.isStuck).toBe(false);
  await jest.advanceTimersByTimeAsync(2 * LIMITS.askMs);
  expect(stuck.isStuck).toBe(true);
  stuck.stop();
});

it('An answer that came late says nothing of the time in which Kafka was asked', async () => {
  const answers = [
    () => Promise.reject(new Error('away')),
    () => new Promise<void>((done) => setTimeout(done, 3_000)),
  ];
  const stuck = watching(async () => answers.shift()?.());
  await jest.advanceTimersByTimeAsync(3_000 + LIMITS.stuckMs - LIMITS.askMs);
  expect(stuck.isStuck).toBe(false);
  await jest.advanceTimersByTimeAsync(5 * LIMITS.askMs);
  expect(stuck.isStuck).toBe(true);
  stuck.stop();
});
