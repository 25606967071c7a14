import { describe, expect, it } from '@jest/globals';
import { ROOMS } from '@wxa/methods';
import { mostInOneSecond } from '../measure.js';
import { AFTER_AUDIT, BEFORE_AUDIT, type Scenario } from './parameters.js';
import { partitionsOf, workerOf } from './partitions.js';
import { simulate } from './simulate.js';
import type { OnCall } from './wechat.js';

const SCENARIO: Scenario = {
  miniPrograms: 400,
  window: 100,
  perApi: 50,
  perAppid: 0,
  workers: 3,
  concurrency: 20,
  partitions: 48,
  gateways: 2,
  cores: { postgres: 2 },
  costs: { caller: 0.3, gateway: 0.5, worker: 0.5, postgres: 0.5, kafka: 0.2, wechat: 0.1 },
  acceptToStartMs: 12,
  wechat: { latencyMs: 200, slowShare: 0.05, slowMs: 1_000, busyShare: 0.05, auditMs: 2_000 },
  seed: 7,
};
const APIS = [...BEFORE_AUDIT, ...AFTER_AUDIT].map((method) => ROOMS[method].api);
const QUESTIONS = ['wxa/get_latest_auditstatus', 'wxa/getversioninfo'];

type Call = Parameters<OnCall>[0];

async function run(changes: Partial<Scenario> = {}) {
  const calls: Call[] = [];
  const scenario = { ...SCENARIO, ...changes };
  const simulated = await simulate(scenario, { onCall: (call) => void calls.push(call) });
  const ofEach = Array.from({ length: scenario.miniPrograms }, (): Call[] => []);
  for (const call of calls) ofEach[call.miniProgram]?.push(call);
  return { ...simulated, calls, ofEach };
}

describe.each([
  ['under a limit of each API', {}],
  ['without a limit', { perApi: 0 }],
  ['on two cores for everything', { perApi: 0, cores: { shared: 2 } }],
  ['with a limit of each mini-program', { perAppid: 5 }],
])('a simulated wave %s', (_, changes: Partial<Scenario>) => {
  it('does each operation of each mini-program once, in its order, one at a time', async () => {
    const { ofEach } = await run(changes);
    for (const calls of ofEach) {
      const done = calls.filter(({ api, busy }) => !busy && !QUESTIONS.includes(api));
      expect(done.map(({ api }) => api)).toEqual(APIS);
      for (const [i, call] of calls.slice(1).entries()) {
        const before = calls[i] as Call;
        expect(call.at).toBeGreaterThanOrEqual(before.at + before.ms);
      }
    }
  });
});

describe('a simulated wave', () => {
  it('calls no API faster than its limit, and nearly as fast', async () => {
    const miniPrograms = 1_200;
    const { calls, tookMs } = await run({
      miniPrograms,
      // So that only the limit binds, and no back-off stands at the end.
      window: miniPrograms,
      concurrency: 100,
      wechat: { ...SCENARIO.wechat, busyShare: 0 },
    });
    for (const api of [...APIS, ...QUESTIONS]) {
      const starts = calls.filter((call) => call.api === api).map(({ at }) => at);
      expect(mostInOneSecond(starts)).toBeLessThanOrEqual(SCENARIO.perApi);
    }
    const shortestMs = (miniPrograms / SCENARIO.perApi) * 1000 + SCENARIO.wechat.auditMs;
    expect(tookMs).toBeGreaterThan(shortestMs);
    expect(tookMs).toBeLessThan(1.25 * shortestMs);
  });

  it('has no bursts of calls, which miss their places, where many workers compete for them', async () => {
    const [miniPrograms, perApi] = [6_000, 400];
    const { tookMs } = await run({
      ...{ miniPrograms, perApi },
      workers: 12,
      concurrency: 80,
      window: 6_000,
    });
    const shortestMs = (miniPrograms / perApi) * 1000 + SCENARIO.wechat.auditMs;
    expect(tookMs).toBeLessThan(2 * shortestMs);
  });

  it('loses no places while calls wait for slots', async () => {
    const { tookMs, calls } = await run({ miniPrograms: 2_400, window: 500, concurrency: 22 });
    const calledMs = calls.reduce((sum, { ms }) => sum + ms, 0);
    const shortestMs = calledMs / (SCENARIO.workers * 22) + SCENARIO.wechat.auditMs;
    expect(tookMs).toBeLessThan(1.5 * shortestMs);
  });

  it('has no more calls in flight than the slots of its workers', async () => {
    const { calls } = await run({ perApi: 0, window: 400, concurrency: 5 });
    const changes = calls.flatMap(({ at, ms }) => [
      { at, by: 1 },
      { at: at + ms, by: -1 },
    ]);
    let inFlight = 0;
    let most = 0;
    for (const { by } of changes.sort((a, b) => a.at - b.at || a.by - b.by)) {
      inFlight += by;
      most = Math.max(most, inFlight);
    }
    expect(most).toBe(15);
  });

  it('takes as long as the CPU it needs where the cores bind', async () => {
    const costs = { caller: 4, gateway: 4, worker: 4, postgres: 6, kafka: 4, wechat: 4 };
    const { tookMs, ofEach } = await run({ perApi: 0, cores: { shared: 2 }, costs, window: 400 });
    // The stand-in's part is for a call, the others' for an operation.
    const calls = ofEach.flat().length;
    const shortestMs = (400 * 5 * 22 + calls * 4) / 2;
    expect(tookMs).toBeGreaterThan(shortestMs);
    expect(tookMs).toBeLessThan(1.3 * shortestMs);
  });

  it('is the same for the same seed, and another for another', async () => {
    const [one, again, other] = await Promise.all([run(), run(), run({ seed: 8 })]);
    expect(again.tookMs).toBe(one.tookMs);
    expect(again.calls).toEqual(one.calls);
    expect(other.tookMs).not.toBe(one.tookMs);
  });
});

describe('the shares of workers', () => {
  it('are even up to 16 workers and two to one with 32', () => {
    const partitions = partitionsOf(10_000, 48);
    const share = (workers: number) => {
      const counts = new Array<number>(workers).fill(0);
      for (const partition of partitions) {
        const worker = workerOf(partition, workers);
        counts[worker] = (counts[worker] ?? 0) + 1;
      }
      return (Math.max(...counts) * workers) / 10_000;
    };
    expect(share(1)).toBe(1);
    expect(share(16)).toBeLessThan(1.15);
    expect(share(32)).toBeGreaterThan(1.3);
  });
});
