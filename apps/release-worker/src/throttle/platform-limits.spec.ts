import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { ApiLimit } from '@wxa/store';
import type { WxaError } from '@wxa/wxa-client';
import { PlatformLimits } from './platform-limits.js';

describe('PlatformLimits', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it("An operator's stop is obeyed within 3 s although a connection hangs: a refresh that is late is followed by another at once", async () => {
    jest.useFakeTimers();
    const stops: ApiLimit[] = [];
    let hangs = false;
    const limits = {
      clock: async () => Date.now(),
      read: () => {
        if (!hangs) return Promise.resolve(stops);
        hangs = false;
        return new Promise((_, reject) => {
          setTimeout(() => reject(new Error('Query read timeout')), 1_500);
        });
      },
    };
    const platform = new PlatformLimits({ limits } as never, {
      perApi: 0,
      onFailure: () => undefined,
      onLimits: () => undefined,
    });
    await platform.start();
    // Right after a refresh, the next one of which hangs.
    const until = new Date(Date.now() + 60_000);
    stops.push({ api: 'wxa/release', rate: null, stop: { until, source: 'operator' } } as ApiLimit);
    hangs = true;
    await jest.advanceTimersByTimeAsync(2_900);
    expect(platform.stoppedBy('wxa/release')).toBe('operator');
    await platform.stop();
  });

  it("An operator's stops are obeyed while WeChat's stop of another API cannot be stored.", async () => {
    const failures: unknown[] = [];
    const until = new Date(Date.now() + 60_000);
    const stops: ApiLimit[] = [];
    const limits = {
      takeReservations: async () => undefined,
      cutRate: async () => undefined,
      clock: async () => Date.now(),
      read: async () => stops,
      stop: async () => Promise.reject(new Error('of a test')),
    };
    const platform = new PlatformLimits({ limits } as never, {
      perApi: 0,
      onFailure: (error) => failures.push(error),
      onLimits: () => undefined,
    });
    const error = { api: 'wxa/speedupaudit', errcode: 85085, errmsg: '' } as WxaError;
    platform.learn('wx1', error.api, { kind: 'error', error });
    await platform.refresh();
    stops.push({ api: 'wxa/release', rate: null, stop: { until, source: 'operator' } } as ApiLimit);
    await platform.refresh();
    expect(platform.stoppedBy('wxa/release')).toBe('operator');
    expect(platform.stoppedBy(error.api)).toBe('wechat');
    expect(failures.length).toBeGreaterThan(0);
  });

  it("The lift of an operator's stop is obeyed while WeChat's stop of the same API cannot be stored.", async () => {
    const api = 'wxa/release';
    const until = new Date(Date.now() + 60_000);
    let stops = [{ api, rate: null, stop: { until, source: 'operator' } } as ApiLimit];
    const limits = {
      clock: async () => Date.now(),
      read: async () => stops,
      stop: async () => Promise.reject(new Error('of a test')),
    };
    const platform = new PlatformLimits({ limits } as never, {
      perApi: 0,
      onFailure: () => undefined,
      onLimits: () => undefined,
    });
    await platform.refresh();
    platform.learn('wx1', api, { kind: 'error', error: { api, errcode: 85085, errmsg: '' } as WxaError });
    await platform.refresh();
    expect(platform.stoppedBy(api)).toBe('operator');
    stops = [];
    await platform.refresh();
    expect(platform.stoppedBy(api)).toBeUndefined();
  });

  it("WeChat's stop after a lift is stored, although the lift was not read before.", async () => {
    const api = 'wxa/release';
    let stops = [
      { api, rate: null, stop: { until: new Date(Date.now() + 60_000), source: 'operator' } } as ApiLimit,
    ];
    const stored: string[] = [];
    const limits = {
      clock: async () => Date.now(),
      read: async () => stops,
      stop: async (name: string) => stored.push(name),
    };
    const platform = new PlatformLimits({ limits } as never, {
      perApi: 0,
      onFailure: () => undefined,
      onLimits: () => undefined,
    });
    await platform.refresh();
    stops = [];
    platform.reopen(api);
    platform.learn('wx1', api, { kind: 'error', error: { api, errcode: 85085, errmsg: '' } as WxaError });
    await platform.refresh();
    expect(stored).toEqual([api]);
  });

  it('It does not start unless the stops were read: a call could be made to an API that an operator has stopped.', async () => {
    let isAvailable = false;
    const stop = { until: new Date(Date.now() + 60_000), source: 'operator' };
    const limits = {
      clock: async () => Date.now(),
      read: async () => {
        if (!isAvailable) throw new Error('of a test');
        return [{ api: 'wxa/release', rate: null, stop } as ApiLimit];
      },
    };
    const platform = new PlatformLimits({ limits } as never, {
      perApi: 0,
      onFailure: () => undefined,
      onLimits: () => undefined,
    });
    await expect(platform.start()).rejects.toThrow('of a test');
    isAvailable = true;
    await platform.start();
    await platform.stop();
    expect(platform.stoppedBy('wxa/release')).toBe('operator');
  });

  it('storeStop resolves once the stop is stored, also if a refresh had begun before the refusal.', async () => {
    const stored: string[] = [];
    const limits = {
      clock: async () => Date.now(),
      read: async () => [],
      stop: async (api: string) => {
        await Promise.resolve();
        stored.push(api);
      },
    };
    const platform = new PlatformLimits({ limits } as never, {
      perApi: 0,
      onFailure: () => undefined,
      onLimits: () => undefined,
    });
    const [first, second] = ['wxa/submit_audit', 'wxa/speedupaudit'].map(
      (api) => ({ api, errcode: 85085, errmsg: '' }) as WxaError,
    );
    for (const error of [first, second]) {
      if (error === undefined) continue;
      platform.learn('wx1', error.api, { kind: 'error', error });
      await platform.storeStop(error.api);
      expect(stored).toContain(error.api);
      // Past the point at which this refresh looks for stops.
      void platform.refresh();
      for (let i = 0; i < 3; i++) await Promise.resolve();
    }
    expect(stored).toEqual(['wxa/submit_audit', 'wxa/speedupaudit']);
  });
});
