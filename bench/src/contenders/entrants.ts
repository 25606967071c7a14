import { App, createDatabase, dropDatabase, freePort, type Stack } from '@wxa/stack';
import { steadily } from '../load/caller.js';
import { LightCaller } from '../load/light-caller.js';
import type { Servers } from '../load/servers.js';
import type { Process } from '../results.js';
import type { Contender, Job } from './contender.js';
import type { Entry } from './field.js';
import { WORKER } from './install.js';

/** A contender in one turn. */
export interface Entrant {
  /** Its database in PostgreSQL. */
  database: string;
  /** Its processes that run now, and the server that it alone uses. */
  pids(): Partial<Record<Process, number[]>>;
  /** Submits the jobs; a round has at most one of each mini-program. Resolves when all are stored. */
  ask(rounds: Job[][]): Promise<void>;
  /** Kills the worker without warning and starts it again. */
  killWorker(): Promise<void>;
  stop(): Promise<void>;
}

/** Calls of ours that are under way at once. */
export const ASKING = 400;

/** Ours gets one job after the other of each mini-program. */
export function ourselves({ addresses, gateways, workers }: Stack): Entrant {
  const caller = new LightCaller(addresses.grpc);
  const running = (apps: App[]) => apps.filter((app) => app.running).map(({ pid }) => pid);
  return {
    database: new URL(addresses.postgres).pathname.slice(1),
    pids: () => ({ gateway: running(gateways), worker: running(workers) }),
    ask: (rounds) =>
      steadily(rounds.flat(), { laneOf: ({ appid }) => appid, count: ASKING }, ({ appid, userVersion }) =>
        caller.commit(appid, userVersion),
      ),
    killWorker: async () => restart(workers[0]),
    stop: () => caller.stop(),
  };
}

/** The worker is a process of its own; jobs are added from this one: a round in one call, the next when that is stored. */
export async function another(
  { name, needsRedis }: Entry,
  program: Contender,
  where: { name: string; wechat: string; inFlight: number } & Servers,
): Promise<Entrant> {
  const { postgres, kafka, redis, logDir, name: database, wechat, inFlight } = where;
  const place = {
    name: database,
    postgres: await createDatabase(postgres.url, database),
    kafka: kafka.brokers,
    redis: redis?.url ?? '',
    wechat,
    inFlight,
  };
  const producer = await program.open(place);
  const port = String(await freePort());
  const worker = new App({
    name,
    script: WORKER,
    env: { PATH: process.env.PATH ?? '', CONTENDER: name, PLACE: JSON.stringify(place), READY_PORT: port },
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
    async ask(rounds) {
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
