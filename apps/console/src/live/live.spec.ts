import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { Logger } from '@wxa/service';
import type { Response } from 'express';
import { translator } from '../text/text.js';
import type { VisitRequest } from '../visit/visit.js';
import type { Visits } from '../visit/visits.js';
import { Live } from './live.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const SESSION = { name: 'Ada', role: 'operator', fingerprint: 'f', formToken: 't' } as const;

/** Serves pages of one object while the user is known, and counts the sources. */
function served(count: number) {
  const user = { isKnown: true };
  const sessionOf = async () => (user.isKnown ? SESSION : undefined);
  const live = new Live({ sessionOf } as unknown as Visits, { error: jest.fn() } as unknown as Logger);
  const visit = { language: 'zh', timeZone: 'UTC', t: translator('zh'), session: SESSION };
  const watch = jest.fn(() => () => undefined);
  const page = () => ({ watch, render: () => ({}), renderStale: () => '' });
  const responses = Array.from({ length: count }, () => {
    const response = new EventEmitter();
    const end = jest.fn(() => response.emit('close'));
    return Object.assign(response, { writeHead: jest.fn(), write: jest.fn(), end });
  });
  for (const response of responses)
    live.serve('rollout 1', page, { visit } as VisitRequest, response as unknown as Response);
  return { user, live, watch, responses };
}

it('Twenty pages of one object have one source', () => {
  expect(served(20).watch).toHaveBeenCalledTimes(1);
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
  const { live, responses } = served(3);
  live.close();
  for (const { end } of responses) expect(end).toHaveBeenCalledTimes(1);
});
