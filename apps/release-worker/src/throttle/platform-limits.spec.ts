import { describe, expect, it } from '@jest/globals';
import type { ApiLimit } from '@wxa/store';
import type { WxaError } from '@wxa/wxa-client';
import { LoadSignal, PlatformLimits } from './platform-limits.js';

describe('LoadSignal', () => {
  it('Rate-limited responses to two mini-programs in one window signal a platform-wide limit.', () => {
    const signal = new LoadSignal();
    expect(signal.note('a', 'rate-limited', 0)).toBe(false);
    expect(signal.note('a', 'rate-limited', 100)).toBe(false);
    expect(signal.note('b', 'rate-limited', 200)).toBe(true);
  });

  it('Responses older than the window or before a rate reduction do not count.', () => {
    const signal = new LoadSignal();
    signal.note('a', 'rate-limited', 0);
    expect(signal.note('b', 'rate-limited', 6_000)).toBe(false);
    signal.forget();
    expect(signal.note('c', 'rate-limited', 6_100)).toBe(false);
  });

  it('Busy responses signal load from 10 calls on of which at least half are busy.', () => {
    const burst = new LoadSignal();
    const busy = Array.from({ length: 10 }, () => burst.note('a', 'busy', 0));
    expect(busy).toEqual([...Array(9).fill(false), true]);
    const share = new LoadSignal();
    for (let i = 0; i < 30; i++) share.note('a', 'ok', 0);
    expect(Array.from({ length: 20 }, () => share.note('a', 'busy', 0))).toEqual(Array(20).fill(false));
  });

  it('perSecond returns the successful calls per second.', () => {
    const signal = new LoadSignal();
    for (let i = 0; i < 40; i++) signal.note('a', 'ok', i * 50);
    expect(signal.perSecond()).toBe(20);
  });
});

describe('PlatformLimits', () => {
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
