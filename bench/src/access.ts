import { readdir, readFile } from 'node:fs/promises';
import { startTargets, type Target } from './access/gateways.js';
import { appidOf } from './load/appids.js';
import { round, sum } from './load/numbers.js';
import { startServers } from './load/servers.js';
import type { AccessPart, AccessTurn } from './results.js';
import type { Run } from './run.js';

const [ROUNDS, COMMITS, CONCURRENT] = [16, 200, 50];
/** Node compiles during the first thousands of calls. */
const WARM_UP_COMMITS = 3_000;

/** Measures the CPU time of gateways per accepted Commit over TLS, by the kind of credential, in interleaved turns. */
export async function access(run: Run): Promise<AccessPart> {
  return run.measurePart(async () => {
    run.log('(access) starting PostgreSQL, Kafka and seven gateways …');
    const targets = await startTargets(run, await startServers(run));
    for (const target of targets) await submit(target, WARM_UP_COMMITS, 'warm-up');
    const turns: AccessTurn[] = [];
    for (let number = 1; number <= ROUNDS; number += 1) {
      // Each round begins with another target.
      const first = number % targets.length;
      for (const target of [...targets.slice(first), ...targets.slice(0, first)])
        turns.push({
          round: number,
          what: target.what,
          ...(await submit(target, COMMITS, `round ${number}`)),
        });
      run.log(`(access) round ${number} of ${ROUNDS}`);
    }
    return { commits: COMMITS, concurrentCalls: CONCURRENT, turns };
  });
}

async function submit({ gateway, caller, what }: Target, commits: number, turn: string) {
  let next = 0;
  const before = await cpuMicroseconds(gateway.pid);
  const since = performance.now();
  await Promise.all(
    Array.from({ length: CONCURRENT }, async () => {
      while (next < commits) await caller.commit(appidOf(next++), `${turn}, ${what}`);
    }),
  );
  const seconds = (performance.now() - since) / 1000;
  const used = (await cpuMicroseconds(gateway.pid)) - before;
  return { cpuUs: round(used / commits, 1), perSecond: Math.round(commits / seconds) };
}

/** CPU time of all threads of a process: /proc/PID/stat counts in hundredths of a second, which is a seventh of a turn. */
async function cpuMicroseconds(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`);
  const times = threads.map(async (thread) => {
    const text = await readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').catch(() => '0');
    return Number(text.split(' ')[0]) / 1000;
  });
  return sum(await Promise.all(times));
}
