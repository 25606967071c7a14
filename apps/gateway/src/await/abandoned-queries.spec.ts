import { afterEach, expect, it, jest } from '@jest/globals';
import type { OutboxRelay } from '@wxa/kafka';
import { UnverifiedServerError } from '@wxa/postgres';
import type { Logger, OperationEnds } from '@wxa/service';
import type { Store } from '@wxa/store';
import { AbandonedQueries } from './abandoned-queries.js';
import type { PendingQueries } from './pending-queries.js';

afterEach(() => void jest.useRealTimers());

it.each([
  ['Postgres has another server that is not verified yet', 3, false],
  ['Postgres is behind', 1, true],
])('While %s, it tries to cancel a query %i times in 2 s.', async (_, times, isBehind) => {
  jest.useFakeTimers();
  const cancelUnsentQueries = jest.fn(async () => {
    throw new UnverifiedServerError();
  });
  const store = { history: { isBehind, mayHaveLostTime: true }, operations: { cancelUnsentQueries } };
  const queries = new AbandonedQueries(
    store as unknown as Store,
    {} as OutboxRelay,
    { isAwaited: () => false } as unknown as PendingQueries,
    {} as OperationEnds,
    { warn: () => undefined } as unknown as Logger,
  );
  queries.add('one');
  await jest.advanceTimersByTimeAsync(2_500);
  expect(cancelUnsentQueries).toHaveBeenCalledTimes(times);
});
