import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { Request, Response } from 'express';
import type { Gateway } from '../gateway/gateway.js';
import type { Session } from '../session/session.js';
import { encoded } from './encoded.js';
import { Streams } from './streams.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const SESSION = { name: 'Ada', role: 'operator' } as Session;

/** Serves pages of one object while the user is known, and counts the streams of the gateway. */
function served(count: number, closed = false) {
  const user = { isKnown: true };
  const stream = jest.fn(() => Object.assign(new EventEmitter(), { cancel: jest.fn() }));
  const streams = new Streams({ stream } as unknown as Gateway, async () => user.isKnown);
  const responses = Array.from({ length: count }, () => {
    const response = new EventEmitter();
    const end = jest.fn(() => response.emit('close'));
    return Object.assign(response, { closed, writeHead: jest.fn(), write: jest.fn(), end });
  });
  for (const response of responses) {
    const call = encoded('Rollouts/WatchRollout', { id: '1' });
    streams.serve(call, SESSION, {} as Request, response as unknown as Response);
  }
  return { user, streams, stream, responses };
}

it('Twenty pages of one object have one stream', () => {
  expect(served(20).stream).toHaveBeenCalledTimes(1);
});

it('A browser that has left before its answer opens no stream', () => {
  expect(served(1, true).stream).not.toHaveBeenCalled();
});

it('A user has at most 300 streams', () => {
  expect(() => served(301)).toThrow('too many live pages');
  expect(() => served(300)).not.toThrow();
});

it('The stream of a user who was removed ends within a minute', async () => {
  const { user, responses } = served(1);
  await jest.advanceTimersByTimeAsync(120_000);
  expect(responses[0]?.end).not.toHaveBeenCalled();
  user.isKnown = false;
  await jest.advanceTimersByTimeAsync(60_000);
  expect(responses[0]?.end).toHaveBeenCalledTimes(1);
});

it('When the console stops, all streams end', () => {
  const { streams, responses } = served(3);
  streams.close();
  for (const { end } of responses) expect(end).toHaveBeenCalledTimes(1);
});
