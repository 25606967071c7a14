import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { NewOperation } from '@wxa/operations';
import { PlatformDomainsRead, type PlatformDomainsTools } from './platform-domains.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const PLATFORM = 'wxc0de000000000000';

/** @param isDue what Postgres says at each look. */
function reading(isDue: boolean, componentAppid: string | undefined) {
  const asked: NewOperation[] = [];
  let looks = 0;
  const store = {
    settings: {
      isPlatformReadDue: async () => {
        looks += 1;
        return isDue;
      },
    },
    operations: { accept: async (operation: NewOperation) => void asked.push(operation) },
  } as unknown as PlatformDomainsTools;
  const read = new PlatformDomainsRead(store, componentAppid);
  /** As the sweep does, once a second. */
  const during = async (minutes: number) => {
    for (let second = 0; second < minutes * 60; second += 1) {
      await read.ask();
      jest.advanceTimersByTime(1_000);
    }
  };
  return { asked, during, looks: () => looks };
}

it('A read that is due is asked for as a query of the platform, and repeated after 10 minutes while none succeeds', async () => {
  const { asked, during } = reading(true, PLATFORM);
  await during(9);
  expect(asked).toMatchObject([{ method: 'GetPlatformDomains', appid: PLATFORM }]);
  await during(3);
  expect(asked).toHaveLength(2);
});

it('Without the appid of the platform it asks for nothing', async () => {
  const { asked, during } = reading(true, undefined);
  await during(12);
  expect(asked).toEqual([]);
});

it('While none is due it looks once a minute, and asks for nothing', async () => {
  const { asked, during, looks } = reading(false, PLATFORM);
  await during(5);
  expect([asked.length, looks()]).toEqual([0, 5]);
});
