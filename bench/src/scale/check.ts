import { type Stack, startStack } from '@wxa/stack';
import { SimControl } from '@wxa/wechat-sim';
import pg from 'pg';
import { round } from '../numbers.js';
import type { Usage } from '../results.js';
import type { Run } from '../run.js';
import { type Servers, startServers } from '../servers.js';
import { Meter } from '../usage/meter.js';
import { type ApiRate, ratesOf, type Started } from './api-rates.js';
import { type Costs, OPERATIONS_EACH, type Scenario, type WechatManner } from './parameters.js';
import { realWave, type WaveShape } from './real-wave.js';
import { simulate } from './simulate.js';

/** How one check is set up; the rest is alike in all. */
export interface CheckSetting {
  /** What should bind. */
  binds: string;
  perApi: number;
  concurrency: number;
  window: number;
}

/** What is run for real and simulated. */
export const CHECKS: Record<string, CheckSetting> = {
  rate: { binds: "WeChat's rate", perApi: 60, concurrency: 100, window: 500 },
  slots: { binds: 'calls in flight', perApi: 0, concurrency: 50, window: 500 },
  machine: { binds: 'the two cores', perApi: 0, concurrency: 250, window: 400 },
};

/** Where the machine binds, it is measured what an operation costs. */
export const CHECKED = 'machine';

const WORKERS = 2;
const PARTITIONS = 48;
const MINI_PROGRAMS = 10_000;
/** A wave before, which warms everything up. */
const WARM_UP = { from: 20_000, miniPrograms: 500 };
const CORES = 2;

export const MANNER: WechatManner = {
  latencyMs: 200,
  slowShare: 0.05,
  slowMs: 1_000,
  busyShare: 0.01,
  auditMs: 5_000,
};

/** One wave as it came out, for real or simulated. */
export interface Came {
  tookS: number;
  apis: Record<string, ApiRate>;
}

export interface Check {
  setting: CheckSetting & { miniPrograms: number; workers: number; partitions: number; wechat: WechatManner };
  /** CPU of one operation in the real run, in milliseconds: what is simulated is how long it takes with that. */
  costs: Costs;
  real: Came & {
    usage: Usage;
    /** What the database grew by, indexes included. */
    databaseBytes: number;
  };
  simulated: Came;
  /** Simulated over real. */
  ratio: { took: number; perSecond: Record<string, number> };
}

/** Runs a wave for real, simulates it with the same parameters and compares. */
export async function check(run: Run, setting: CheckSetting, acceptToStartMs: number): Promise<Check> {
  const { costs, real } = await runForReal(run, setting);
  const scenario: Scenario = {
    miniPrograms: MINI_PROGRAMS,
    window: setting.window,
    perApi: setting.perApi,
    perAppid: 0,
    workers: WORKERS,
    concurrency: setting.concurrency,
    partitions: PARTITIONS,
    gateways: 1,
    cores: { shared: CORES },
    costs,
    acceptToStartMs,
    wechat: MANNER,
    seed: 1,
  };
  const simulated = await cameOf(scenario);
  return {
    setting: {
      ...setting,
      miniPrograms: MINI_PROGRAMS,
      workers: WORKERS,
      partitions: PARTITIONS,
      wechat: MANNER,
    },
    costs,
    real,
    simulated,
    ratio: {
      took: round(simulated.tookS / real.tookS, 3),
      perSecond: Object.fromEntries(
        Object.entries(real.apis).map(([api, { perSecond }]) => [
          api,
          round((simulated.apis[api]?.perSecond ?? 0) / perSecond, 3),
        ]),
      ),
    },
  };
}

async function cameOf(scenario: Scenario): Promise<Came> {
  const calls: Started[] = [];
  const { tookMs } = await simulate(scenario, { onCall: ({ api, at }) => void calls.push({ api, at }) });
  return { tookS: round(tookMs / 1000, 1), apis: ratesOf(calls) };
}

async function runForReal(
  run: Run,
  { perApi, concurrency, window }: CheckSetting,
): Promise<{ costs: Costs; real: Check['real'] }> {
  run.tell('starting PostgreSQL, Kafka, simulator, gateway and two workers …');
  const servers = await startServers(run);
  const stack = run.started(
    await startStack({
      postgresUrl: servers.postgres.url,
      kafkaBrokers: servers.kafka.brokers,
      workers: WORKERS,
      env: {
        WECHAT_RATE_PER_API: String(perApi),
        WORKER_CONCURRENCY: String(concurrency),
        SIM_LATENCY_MS: String(MANNER.latencyMs),
        LOG_LEVEL: 'warn',
      },
      signal: run.signal,
    }),
  );
  const sim = new SimControl(stack.addresses.wechat);
  const { busyShare, slowShare, slowMs } = MANNER;
  await sim.addFault({ api: '*', kind: 'busy', rate: busyShare, times: 0 });
  await sim.addFault({ api: '*', kind: 'latency', rate: slowShare, ms: slowMs, times: 0 });
  await sim.patchPlatform({ auditQuota: { rest: 1_000_000, limit: 1_000_000 } });
  const meter = await meterOf(servers, stack);
  run.started({ stop: () => meter.close() });
  const wave = async (shape: Pick<WaveShape, 'from' | 'miniPrograms'>) => {
    run.tell(`a wave of ${shape.miniPrograms} mini-programs …`);
    const before = await meter.read(0);
    const came = await realWave(stack.addresses.grpc, sim, { ...shape, window, auditMs: MANNER.auditMs });
    const after = await meter.read(shape.miniPrograms * OPERATIONS_EACH);
    const usage = await meter.between(before, after);
    run.tell(
      `${(came.tookMs / 1000).toFixed(1)} s; CPU of an operation in ms: ${JSON.stringify(costsOf(usage))}`,
    );
    return { came, usage };
  };
  await wave(WARM_UP);
  const sizeBefore = await databaseBytes(servers.postgres.url);
  const { came, usage } = await wave({ from: 0, miniPrograms: MINI_PROGRAMS });
  const grownBytes = (await databaseBytes(servers.postgres.url)) - sizeBefore;
  const calls = came.calls.map(({ api, startedAt }) => ({ api, at: startedAt }));
  return {
    costs: costsOf(usage),
    real: { tookS: round(came.tookMs / 1000, 1), apis: ratesOf(calls), usage, databaseBytes: grownBytes },
  };
}

function meterOf({ postgres, kafka }: Servers, { gateways, workers, sim }: Stack): Promise<Meter> {
  return Meter.open({
    postgres: postgres.url,
    kafkaData: kafka.data,
    pids: () => ({
      gateway: gateways.map(({ pid }) => pid),
      worker: workers.map(({ pid }) => pid),
      PostgreSQL: [postgres.pid],
      Kafka: [kafka.pid],
      simulator: sim === undefined ? [] : [sim.pid],
    }),
  });
}

async function databaseBytes(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query('select pg_database_size(current_database()) as bytes');
  await client.end();
  return Number(rows[0]?.bytes);
}

/** Milliseconds of CPU that an operation took of each process. */
export function costsOf({ operations, cpuSeconds }: Usage): Costs {
  const of = (seconds = 0) => round((seconds * 1000) / operations, 3);
  return {
    caller: of(cpuSeconds.caller),
    gateway: of(cpuSeconds.gateway),
    worker: of(cpuSeconds.worker),
    postgres: of(cpuSeconds.PostgreSQL),
    kafka: of(cpuSeconds.Kafka),
    wechat: of(cpuSeconds.simulator),
  };
}
