import { expect, it, jest } from '@jest/globals';
import type { Logger } from './messages.js';
import { polled } from './query-failure.js';

it('A polled query logs its first failure, and the first one after a success, and never rejects', async () => {
  const warn = jest.fn<Logger['warn']>();
  let isDown = true;
  const poll = polled({ warn }, async () => {
    if (isDown) throw new Error('down');
  });
  await poll();
  await poll();
  expect(warn.mock.calls).toEqual([[{ error: 'Error: down' }, 'postgres query failed']]);
  isDown = false;
  await poll();
  isDown = true;
  await poll();
  expect(warn).toHaveBeenCalledTimes(2);
});
