// A wave of 1,000,000 mini-programs × 5 operations under WeChat's limits with 1 to 32 workers, simulated: some minutes
// on two cores, nothing is started. What an operation costs comes from bench/results/scale-check.json. Kept in
// bench/results/scale.json and docs/scale.md.
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { ScaleCheck, Small } from './results.js';
import { keep, type Run } from './run.js';
import { CHECKED, MANNER } from './scale/check.js';
import type { Row } from './scale/figures.js';
import { writePage } from './scale/page.js';
import type { Scenario } from './scale/parameters.js';
import { partitionsOf } from './scale/partitions.js';
import { Progress } from './scale/progress.js';

const MINI_PROGRAMS = 1_000_000;
/** Calls a second to one API, calls in flight in a worker. What two workers do at 100, more do not do sooner. */
const WAVES: (Pick<Scenario, 'perApi' | 'concurrency'> & { workers: number[] })[] = [
  { perApi: 100, concurrency: 100, workers: [1, 2, 32] },
  { perApi: 1_000, concurrency: 100, workers: [1, 2, 4, 8, 16, 32] },
  { perApi: 1_000, concurrency: 300, workers: [4, 8, 16, 32] },
];
const PARTITIONS = 48;
const POSTGRES_CORES = 8;
const WORKERS_OF_A_GATEWAY = 4;
/** WeChat's audits take hours; how many does not change how fast calls are made. */
const AUDIT_MS = 600_000;
/** The caller keeps enough under way for every slot, but no more than waits 20 s for a place. */
const PER_SLOT = 3;
const WINDOW_S = 20;
/** Short-lived objects need room, or they are taken for long-lived ones. */
const MEMORY = { maxYoungGenerationSizeMb: 128, maxOldGenerationSizeMb: 4096 };

export async function scale(run: Run): Promise<void> {
  const result = await run.part(async () => {
    const parameters = await parametersOf();
    const partitions = partitionsOf(MINI_PROGRAMS, PARTITIONS);
    const scenarios = WAVES.flatMap(({ workers, ...limits }) =>
      workers.map((count) => scenarioOf(parameters, { ...limits, workers: count })),
    );
    return { miniPrograms: MINI_PROGRAMS, ...parameters, rows: await inThreads(scenarios, partitions) };
  });
  await keep('scale', result);
  await writePage();
}

type Size = Pick<Scenario, 'perApi' | 'concurrency' | 'workers'>;
type Parameters = Omit<Scenario, 'miniPrograms' | 'gateways' | 'window' | keyof Size>;

async function parametersOf(): Promise<Parameters> {
  const read = async (name: string) =>
    JSON.parse(await readFile(new URL(`../results/${name}.json`, import.meta.url), 'utf8'));
  const { [CHECKED]: check }: ScaleCheck = await read('scale-check');
  if (check === undefined) throw new Error(`run it first: npm run bench -- --only scale-check ${CHECKED}`);
  const { acceptToHttpStartMs }: Small = await read('small');
  return {
    perAppid: 0,
    partitions: PARTITIONS,
    cores: { postgres: POSTGRES_CORES },
    // Who asks, and WeChat, have machines of their own.
    costs: { ...check.costs, caller: 0, wechat: 0 },
    acceptToStartMs: acceptToHttpStartMs.almostIdle.p50,
    wechat: { ...MANNER, auditMs: AUDIT_MS },
    seed: 1,
  };
}

function scenarioOf(parameters: Parameters, size: Size): Scenario {
  const { perApi, concurrency, workers } = size;
  return {
    ...parameters,
    ...size,
    miniPrograms: MINI_PROGRAMS,
    gateways: Math.ceil(workers / WORKERS_OF_A_GATEWAY),
    window: Math.min(PER_SLOT * concurrency * workers, WINDOW_S * perApi),
  };
}

/** As many at once as there are cores; the rows in the order of the scenarios. */
async function inThreads(scenarios: Scenario[], partitions: Uint16Array): Promise<Row[]> {
  const progress = new Progress(scenarios.length);
  const rows: Row[] = [];
  const left = scenarios.entries();
  const work = async () => {
    for (const [i, scenario] of left) {
      rows[i] = await inThread({ scenario, partitions }, (share) => progress.tell(i, share));
      progress.tell(i, 1);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  progress.end();
  return rows;
}

function inThread(
  workerData: { scenario: Scenario; partitions: Uint16Array },
  onProgress: (share: number) => void,
): Promise<Row> {
  const thread = new Worker(new URL('./scale/thread.js', import.meta.url), {
    workerData,
    resourceLimits: MEMORY,
  });
  return new Promise((resolve, reject) => {
    thread.on('message', ({ share, row }: { share?: number; row?: Row }) => {
      if (row !== undefined) resolve(row);
      else onProgress(share ?? 0);
    });
    thread.on('error', reject);
  });
}
