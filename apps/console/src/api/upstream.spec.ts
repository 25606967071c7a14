import { EventEmitter } from 'node:events';
import { type ClientReadableStream, status as Code } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { keepStream } from './upstream.js';

beforeEach(() => void jest.useFakeTimers({ now: new Date('2026-10-01T02:52:07Z') }));
afterEach(() => void jest.useRealTimers());

/** Opens fake streams and notes what is reported. */
function watched() {
  const streams: (EventEmitter & { cancel(): void })[] = [];
  const reported: unknown[] = [];
  const open = () => {
    streams.push(Object.assign(new EventEmitter(), { cancel: () => reported.push('cancelled') }));
    return streams.at(-1) as unknown as ClientReadableStream<string>;
  };
  const stop = keepStream(open, {
    opened: () => reported.push('opened'),
    message: (message) => reported.push(message),
    stale: (since) => reported.push(since),
    ended: () => reported.push('ended'),
  });
  const fail = (code: Code) => {
    streams.at(-1)?.emit('error', { code });
    streams.at(-1)?.emit('end');
  };
  return { streams, reported, stop, fail };
}

it('A lost stream is reported once with its time and opened again until the gateway answers, also without a message', () => {
  const { streams, reported, fail } = watched();
  for (const event of ['metadata', 'data']) streams[0]?.emit(event, 'first');
  fail(Code.UNAVAILABLE);
  jest.advanceTimersByTime(500);
  fail(Code.UNAVAILABLE);
  jest.advanceTimersByTime(1_000);
  streams[2]?.emit('metadata');
  expect(reported).toEqual(['opened', 'first', new Date('2026-10-01T02:52:07Z'), 'opened']);
});

it('The pauses between attempts grow to at most ten seconds', () => {
  const { streams, fail } = watched();
  for (let minute = 0; minute < 60_000; minute += 100) {
    if (streams.at(-1)?.listenerCount('error')) fail(Code.UNAVAILABLE);
    streams.at(-1)?.removeAllListeners('error');
    jest.advanceTimersByTime(100);
  }
  expect(streams.length).toBeGreaterThan(8);
  expect(streams.length).toBeLessThan(20);
});

it.each([Code.NOT_FOUND, Code.INVALID_ARGUMENT])('A stream refused with code %i is over', (code) => {
  const { streams, reported, fail } = watched();
  fail(code);
  jest.advanceTimersByTime(60_000);
  expect(reported).toEqual(['ended']);
  expect(streams).toHaveLength(1);
});

it('A stream that the gateway ends is over', () => {
  const { streams, reported } = watched();
  streams[0]?.emit('data', 'last');
  streams[0]?.emit('end');
  expect(reported).toEqual(['last', 'ended']);
});

it('After the stop nothing is reported and nothing opened', () => {
  const { streams, reported, stop, fail } = watched();
  stop();
  fail(Code.CANCELLED);
  jest.advanceTimersByTime(60_000);
  expect(reported).toEqual(['cancelled']);
  expect(streams).toHaveLength(1);
});
