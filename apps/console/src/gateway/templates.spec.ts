import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { GatewayCalls } from './gateway.js';
import { readTemplates } from './templates.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** The templates that a form offers if the list comes after so many milliseconds. */
async function offeredAfter(ms: number): Promise<bigint[]> {
  const list = { templates: [{ templateId: 1n }, { templateId: 2n }] };
  const listTemplates = () => new Promise((resolve) => setTimeout(resolve, ms, list));
  const read = readTemplates({ templates: { listTemplates } } as unknown as GatewayCalls);
  await jest.advanceTimersByTimeAsync(3_000);
  return (await Promise.race([read, Promise.reject(new Error('a form waits'))])).map((one) => one.templateId);
}

it('A form offers the templates, newest first, and does not wait for them for more than 3 s', async () => {
  expect(await offeredAfter(2_900)).toEqual([2n, 1n]);
  expect(await offeredAfter(30_000)).toEqual([]);
});
