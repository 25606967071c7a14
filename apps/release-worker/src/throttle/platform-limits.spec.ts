import { afterEach, expect, it, jest } from '@jest/globals';
import type { ApiLimit } from '@wxa/limits';
import type { WxaError } from '@wxa/wxa-client';
import { PlatformLimits, stopOf } from './platform-limits.js';

const API = 'wxa/release';
/** An operator has stopped the API. */
const operatorStop = (api: string) =>
  ({ api, rate: null, stop: { until: new Date(Date.now() + 60_000), source: 'operator' } }) as ApiLimit;

/** Limits over the stops in Postgres; `refused` is WeChat's 85085. @param given replaces methods of the store. */
function limitsOver(stops: ApiLimit[], given: object = {}) {
  const stored: string[] = [];
  const failures: unknown[] = [];
  const limits = {
    takeReservations: async () => undefined,
    cutRate: async () => undefined,
    clock: async () => Date.now(),
    read: async () => [...stops],
    stop: async (api: string) => stored.push(api),
    ...given,
  };
  const options = {
    perApi: 0,
    onFailure: (error: unknown) => failures.push(error),
    onLimits: () => undefined,
  };
  const platform = new PlatformLimits({ limits } as never, options);
  const refused = (api: string) =>
    platform.learn('wx1', api, { kind: 'error', error: { api, errcode: 85085, errmsg: '' } as WxaError });
  return { platform, refused, stored, failures };
}

const unstorable = { stop: () => Promise.reject(new Error('of a test')) };

afterEach(() => void jest.useRealTimers());

it("An operator's stop is obeyed within 3 s although a connection hangs: a refresh that is late is followed by another at once", async () => {
  jest.useFakeTimers();
  const stops: ApiLimit[] = [];
  let hangs = false;
  const read = () => {
    if (!hangs) return Promise.resolve(stops);
    hangs = false;
    return new Promise((_, reject) => {
      setTimeout(() => reject(new Error('Query read timeout')), 1_500);
    });
  };
  const { platform } = limitsOver(stops, { read });
  await platform.start();
  // Right after a refresh, the next one of which hangs.
  stops.push(operatorStop(API));
  hangs = true;
  await jest.advanceTimersByTimeAsync(2_900);
  expect(platform.stoppedBy(API)).toBe('operator');
  await platform.stop();
});

it('A stop of all listed changes holds a listed call of any path, and nothing else', async () => {
  const { platform } = limitsOver([operatorStop('Calls/ChangeWechat'), operatorStop(API)]);
  await platform.refresh();
  const all = { api: 'Calls/ChangeWechat', by: 'operator' };
  expect(stopOf(platform, 'ChangeWechat', 'wxa/setnickname')).toEqual(all);
  expect(stopOf(platform, 'ChangeWechat', API)).toEqual({ ...all, api: API });
  expect(stopOf(platform, 'QueryWechat', 'wxa/getillegalrecords')).toBeUndefined();
  expect(stopOf(platform, 'Commit', 'wxa/commit')).toBeUndefined();
});

it("An operator's stop of a change does not hold the query of the same path, which one of WeChat and one of a query's own path do", async () => {
  const [shared, own] = ['wxa/revertcoderelease', 'wxa/getversioninfo'];
  const { platform, refused } = limitsOver([shared, own].map(operatorStop));
  await platform.refresh();
  const by = 'operator';
  expect(stopOf(platform, 'RevertRelease', shared)).toEqual({ api: shared, by });
  expect(stopOf(platform, 'ListReleaseHistory', shared)).toBeUndefined();
  expect(stopOf(platform, 'GetVersionInfo', own)).toEqual({ api: own, by });
  const other = 'cgi-bin/component/modify_wxa_server_domain';
  refused(other);
  expect(stopOf(platform, 'GetPlatformDomains', other)).toEqual({ api: other, by: 'wechat' });
});

it("An operator's stops are obeyed while WeChat's stop of another API cannot be stored.", async () => {
  const stops: ApiLimit[] = [];
  const { platform, refused, failures } = limitsOver(stops, unstorable);
  refused('wxa/speedupaudit');
  await platform.refresh();
  stops.push(operatorStop(API));
  await platform.refresh();
  expect([API, 'wxa/speedupaudit'].map((api) => platform.stoppedBy(api))).toEqual(['operator', 'wechat']);
  expect(failures.length).toBeGreaterThan(0);
});

it("The lift of an operator's stop is obeyed while WeChat's stop of the same API cannot be stored.", async () => {
  const stops = [operatorStop(API)];
  const { platform, refused } = limitsOver(stops, unstorable);
  await platform.refresh();
  refused(API);
  await platform.refresh();
  expect(platform.stoppedBy(API)).toBe('operator');
  stops.pop();
  await platform.refresh();
  expect(platform.stoppedBy(API)).toBeUndefined();
});

it("WeChat's stop after a lift is stored, although the lift was not read before.", async () => {
  const stops = [operatorStop(API)];
  const { platform, refused, stored } = limitsOver(stops);
  await platform.refresh();
  stops.pop();
  platform.reopen(API);
  refused(API);
  await platform.refresh();
  expect(stored).toEqual([API]);
});

it('A rebalance releases lanes that wait for a reservation, but no claimed call: it would be sent without one.', async () => {
  const limit = { api: API, rate: 10, stop: null } as ApiLimit;
  const now = Date.now();
  const takeReservations = async () => ({ startsAt: now, now, spacingMs: 100, count: 1 });
  const { platform } = limitsOver([limit], { takeReservations });
  await platform.refresh();
  const waits = [platform.reserve(API), platform.use(API, performance.now())];
  platform.releaseUnclaimed();
  expect(await Promise.all(waits)).toEqual([undefined, expect.any(Number)]);
});

it('PlatformLimits does not start unless the stops were read: a call could be made to an API that an operator has stopped.', async () => {
  const reads = [() => Promise.reject(new Error('of a test'))];
  const { platform } = limitsOver([], { read: async () => (await reads.shift()?.()) ?? [operatorStop(API)] });
  await expect(platform.start()).rejects.toThrow('of a test');
  await platform.start();
  await platform.stop();
  expect(platform.stoppedBy(API)).toBe('operator');
});

it('storeStop resolves once the stop is stored, also if a refresh had begun before the refusal.', async () => {
  const written: string[] = [];
  const stop = (api: string) => Promise.resolve().then(() => written.push(api));
  const { platform, refused } = limitsOver([], { stop });
  const apis = ['wxa/submit_audit', 'wxa/speedupaudit'];
  for (const api of apis) {
    refused(api);
    await platform.storeStop(api);
    expect(written).toContain(api);
    // Past the point at which this refresh looks for stops.
    void platform.refresh();
    for (let i = 0; i < 3; i++) await Promise.resolve();
  }
  expect(written).toEqual(apis);
});
