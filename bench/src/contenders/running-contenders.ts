import { App, createDatabase, dropDatabase, freePort, type Stack } from '@wxa/stack';
import { runConcurrently } from '../load/caller.js';
import { LightCaller } from '../load/light-caller.js';
import type { Servers } from '../load/servers.js';
import type { Process } from '../results.js';
import type { Contender, Job } from './contender.js';
import type { ContenderInfo } from './contender-list.js';
import { WORKER } from './install.js';

/** A contender that runs in one turn. */
export interface RunningContender {
  /** Its database in PostgreSQL. */
  database: string;
  /** Its running processes, and those of a server that only it uses. */
  pids(): Partial<Record<Process, number[]>>;
  /** Submits the jobs; a round has at most one of each mini-program. Resolves when all are stored. */
  submit(rounds: Job[][]): Promise<void>;
  /** Kills the worker without warning and starts it again. */
  killWorker(): Promise<void>;
  stop(): Promise<void>;
}

/** Concurrent gRPC calls to this product. */
export const CONCURRENT_CALLS = 400;

/** This product, in a running deployment. It gets the jobs of a mini-program one after the other. */
export function runningOurs(
  { addresses, gateways, workers }: Stack,
  headers: Record<string, string> = {},
): RunningContender {
  const caller = new LightCaller(addresses.grpc, headers);
  const running = (apps: App[]) => apps.filter((app) => app.running).map(({ pid }) => pid);
  return {
    database: new URL(addresses.postgres).pathname.slice(1),
    pids: () => ({ gateway: running(gateways), worker: running(workers) }),
    submit: (rounds) =>
      runConcurrently(
        rounds.flat(),
        { laneOf: ({ appid }) => appid, count: CONCURRENT_CALLS },
        ({ appid, userVersion }) => caller.commit(appid, userVersion),
      ),
    killWorker: async () => restart(workers[0]),
    stop: () => caller.stop(),
  };
}

/**
 * Starts the worker of an alternative in its own process. This process adds the jobs: a round in one call, the next round
 * when that is stored.
 */
export async function startAlternative(
  { name, needsRedis }: ContenderInfo,
  program: Contender,
  settings: { name: string; wechat: string; inFlight: number } & Servers,
): Promise<RunningContender> {
  const { postgres, kafka, redis, logDir, name: database, wechat, inFlight } = settings;
  const config = {
    name: database,
    postgres: await createDatabase(postgres.url, database),
    kafka: kafka.brokers,
    redis: redis?.url ?? '',
    wechat,
    inFlight,
  };
  const producer = await program.open(config);
  const port = String(await freePort());
  const worker = new App({
    name,
    script: WORKER,
    env: { PATH: process.env.PATH ?? '', CONTENDER: name, CONFIG: JSON.stringify(config), READY_PORT: port },
    logFile: `${logDir}/${database}.log`,
    readyUrl: `http://127.0.0.1:${port}/`,
  });
  const stop = async () => {
    await worker.stop();
    await producer.close();
    await dropDatabase(postgres.url, database);
  };
  try {
    await worker.start();
    await worker.waitReady();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    database,
    pids: () => ({ worker: [worker.pid], ...(needsRedis && redis && { Redis: [redis.pid] }) }),
    async submit(rounds) {
      for (const jobs of rounds) await producer.add(jobs);
    },
    killWorker: () => restart(worker),
    stop,
  };
}

async function restart(worker: App | undefined): Promise<void> {
  worker?.kill('SIGKILL');
  await worker?.exited;
  await worker?.start();
  await worker?.waitReady();
}
