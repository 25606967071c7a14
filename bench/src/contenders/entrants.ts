import { App, createDatabase, dropDatabase, freePort, type Stack } from '@wxa/stack';
import { Caller, withConcurrency } from '../caller.js';
import type { Contender, Job, Place } from './contender.js';
import { WORKER } from './install.js';

/** One that takes jobs and works them off, for one turn. */
export interface Entrant {
  /** Resolves when all of them are stored. */
  add(jobs: Job[]): Promise<void>;
  /** Kills the worker without warning and starts it again. */
  killWorker(): Promise<void>;
  stop(): Promise<void>;
}

/** Asks at once at most. */
const ASKING = 400;

export async function ourselves({ addresses, workers: [worker] }: Stack): Promise<Entrant> {
  const caller = new Caller(addresses.grpc);
  return {
    add: (jobs) =>
      withConcurrency(jobs, ASKING, ({ appid, userVersion }) => caller.commit(appid, userVersion)),
    killWorker: async () => restart(worker),
    stop: async () => caller.close(),
  };
}

/** The worker is a process of its own; jobs are added from this one, as ours are asked for. */
export async function another(
  { name, program, logDir }: { name: string; program: Contender; logDir: string },
  where: Place,
): Promise<Entrant> {
  const place = { ...where, postgres: await createDatabase(where.postgres, where.name) };
  const producer = await program.open(place);
  const port = String(await freePort());
  const worker = new App({
    name,
    script: WORKER,
    env: { PATH: process.env.PATH ?? '', CONTENDER: name, PLACE: JSON.stringify(place), READY_PORT: port },
    logFile: `${logDir}/${where.name}.log`,
    readyUrl: `http://127.0.0.1:${port}/`,
  });
  const stop = async () => {
    await worker.stop();
    await producer.close();
    await dropDatabase(where.postgres, where.name);
  };
  try {
    await worker.start();
    await worker.waitReady();
  } catch (error) {
    await stop();
    throw error;
  }
  return { add: (jobs) => producer.add(jobs), killWorker: () => restart(worker), stop };
}

async function restart(worker: App | undefined): Promise<void> {
  worker?.kill('SIGKILL');
  await worker?.exited;
  await worker?.start();
  await worker?.waitReady();
}
