import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { DueRead } from '@wxa/fleet';
import type { NewOperation } from '@wxa/operations';
import { FleetSweep, type SweepTools } from './sweep.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const read = (appid: string): DueRead => ({ appid, parts: [] });
const many = (limit: number) => Array.from({ length: limit }, (_, i) => read(`wx${i}`));

type Ask = (due: DueRead[]) => Promise<void>;

const taken = async (due: DueRead[], ask: Ask) => {
  await ask(due);
  return due;
};

interface Situation {
  /** Of every API, in calls per second. */
  rate?: number;
  isStopped?: boolean;
  isUnavailable?: boolean;
  /** Who has stopped the API of the platform's domains. */
  domainsStoppedBy?: 'operator' | 'wechat';
  waiting?: number;
  isHeld?: boolean;
  mayAsk?: boolean;
  /** All mini-programs are due at all times. */
  due?: (limit: number) => DueRead[];
  minutes?: number;
}

/** What a sweep asks for, in one minute unless it is said. */
async function sweptIn(given: Situation): Promise<{
  asked: (NewOperation & { at: number })[];
  versions: number;
  domains: number;
}> {
  const asked: (NewOperation & { at: number })[] = [];
  let [versions, domains] = [0, 0];
  const store = {
    fleet: {
      lookForWork: async () => ({ isStale: false, isDue: true, areVersionsDue: true }),
      takeDue: async (limit: number, ask: Ask) => taken((given.due ?? (() => []))(limit), ask),
      takeVersionsDue: async (limit: number, ask: Ask) => {
        versions += limit;
        return taken(many(limit), ask);
      },
      addMissing: async () => 0,
    },
    leases: { hold: async () => given.isHeld ?? true, release: async () => undefined },
    operations: {
      accept: async (operation: NewOperation) => void asked.push({ ...operation, at: performance.now() }),
    },
  } as unknown as SweepTools['store'];
  const sweep = new FleetSweep({
    store,
    limits: {
      perSecond: () => given.rate,
      stoppedBy: (api) => {
        if (api === 'cgi-bin/component/modify_wxa_server_domain') return given.domainsStoppedBy;
        return given.isStopped ? 'operator' : undefined;
      },
      waitingLong: () => new Map([['wxa/getversioninfo', given.waiting ?? 0]]),
    },
    domains: { ask: async () => ++domains > 0 },
    isUnavailable: () => given.isUnavailable ?? false,
    mayAsk: () => given.mayAsk ?? true,
    onAsked: () => undefined,
    onLease: () => undefined,
    onFailure: (error) => {
      throw error;
    },
  });
  sweep.start();
  await jest.advanceTimersByTimeAsync((given.minutes ?? 1) * 60_000);
  await sweep.stop();
  return { asked, versions, domains };
}

it('The sweep asks for the versions of 2 mini-programs a second at most, as queries of its own.', async () => {
  const { asked } = await sweptIn({});
  expect(asked.length).toBeGreaterThan(100);
  expect(asked.length).toBeLessThanOrEqual(120);
  expect(new Set(asked.map(({ method }) => method))).toEqual(new Set(['RefreshMiniProgram']));
  expect(asked[0]?.requestId).toMatch(/^fleet-/);
  // Of proto3 JSON, which omits an empty list.
  expect(Object.keys(JSON.parse(asked[0]?.request ?? ''))).toEqual(['appid', 'requestId']);
});

it('All reads of the service itself together use a tenth of the rate of an API.', async () => {
  expect((await sweptIn({ rate: 5, due: many })).asked.length).toBeLessThanOrEqual(30);
  expect((await sweptIn({ rate: 5 })).asked.length).toBeGreaterThan(25);
  expect((await sweptIn({ due: many })).asked.length).toBeLessThanOrEqual(600);
});

it.each([5, 150])(
  'With a rate of %d a second, readiness and sweep together ask for at most a tenth over any minute',
  async (rate) => {
    const times = (await sweptIn({ rate, due: many, minutes: 3 })).asked.map(({ at }) => at);
    const most = Math.max(
      ...times.map((from) => times.filter((at) => at >= from && at < from + 60_000).length),
    );
    expect(most).toBeLessThanOrEqual(Math.min(rate / 10, 10) * 60);
    expect(times.length).toBeGreaterThan(Math.min(rate / 10, 10) * 60 * 2.5);
  },
);

it.each<[string, Situation]>([
  ['a lane waits for the rate of an API', { waiting: 1 }],
  ['an API is stopped', { isStopped: true }],
  ['the circuit breaker is open', { isUnavailable: true }],
  ['another worker sweeps', { isHeld: false }],
  ['an older worker runs', { mayAsk: false }],
])('The sweep asks for nothing while %s.', async (_, situation) => {
  expect(await sweptIn(situation)).toMatchObject({ asked: [], versions: 0 });
});

it("The platform's domains are not read while WeChat has stopped their API, and are while an operator has stopped their change", async () => {
  expect((await sweptIn({ domainsStoppedBy: 'wechat' })).domains).toBe(0);
  expect((await sweptIn({ domainsStoppedBy: 'operator' })).domains).toBeGreaterThan(0);
});
