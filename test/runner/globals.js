// What specs import as '@jest/globals'. Jest's own module works only in its own runner.
import { jestExpect as expect } from '@jest/expect';
import { ModernFakeTimers } from '@jest/fake-timers';
import { it } from 'jest-circus';
import { ModuleMocker } from 'jest-mock';

export { afterAll, afterEach, beforeAll, beforeEach, describe, test } from 'jest-circus';
export { expect, it };

// Jest passes `done` to a function that has more parameters than its row has values; the test then waits for its call.
const { each } = it;
it.each =
  (...table) =>
  (title, test, timeout) =>
    each(...table)(title, (...values) => test(...values), timeout);

const timers = new ModernFakeTimers({ config: { fakeTimers: {} }, global: globalThis });
const mocks = new ModuleMocker(globalThis);

export const jest = {
  fn: (implementation) => mocks.fn(implementation),
  spyOn: (object, name) => mocks.spyOn(object, name),
  restoreAllMocks: () => mocks.restoreAllMocks(),
  useFakeTimers: (options) => timers.useFakeTimers(options),
  useRealTimers: () => timers.useRealTimers(),
  advanceTimersByTime: (ms) => timers.advanceTimersByTime(ms),
  advanceTimersByTimeAsync: (ms) => timers.advanceTimersByTimeAsync(ms),
};
