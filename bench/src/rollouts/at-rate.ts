import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { usageBetween } from '../load/meter.js';
import { median, round, sum } from '../load/numbers.js';
import { startServers } from '../load/servers.js';
import type { RolloutFigures, Usage } from '../results.js';
import type { Run } from '../run.js';
import { newAppids } from './new-appids.js';
import { operationsOf, type RolloutStack, startRolloutStack } from './rollout-stack.js';

const TARGETS = 10_000;
const PER_SECOND = 60;
const WARM_UP = 100;
/** With a baseline, each round has a rollout of each build. */
const ROUNDS = 3;
/** More often than that, the reads would cost a gateway as much as the rollout. */
const POLL_MS = 1_000;
const HERE = fileURLToPath(new URL('../../..', import.meta.url));

/** `baseline`: the folder of a built checkout of another commit; `targets`: of all rounds of a build together. */
export interface AtRateOptions {
  baseline?: string;
  targets?: number;
}

/** A build that is measured, with the rollouts that it has run. */
interface Build {
  title: string;
  deployment: RolloutStack;
  turns: { calls: number; busiest: number; seconds: number; usage: Usage }[];
}

/**
 * A rollout under a rate limit, compared with a caller that calls the busiest API without a pause, and what a step of it costs;
 * with a baseline by turns with the same of another build, on the same PostgreSQL and Kafka.
 */
export function atRate(
  run: Run,
  { baseline, targets = TARGETS }: AtRateOptions = {},
): Promise<RolloutFigures> {
  return run.measurePart(async () => {
    const servers = await startServers(run);
    const options = { servers, latencyMs: 50, env: { WECHAT_RATE_PER_API: String(PER_SECOND) } };
    const deploy = (name: string, checkout?: string) =>
      startRolloutStack(run, name, { ...options, ...(checkout !== undefined && { checkout }) });
    const ours = {
      title: `this commit, ${await commitOf(HERE)}`,
      deployment: await deploy('rate'),
      turns: [],
    };
    const builds: Build[] = [ours];
    if (baseline !== undefined) {
      const deployment = await deploy('rate-baseline', baseline);
      builds.push({ title: `baseline, ${await commitOf(baseline)}`, deployment, turns: [] });
    }
    const rounds = baseline === undefined ? 1 : ROUNDS;
    for (const build of builds) await rollout(build.deployment, WARM_UP, 'warm-up');
    for (let n = 1; n <= rounds; n += 1) {
      for (const { title, deployment, turns } of n % 2 === 1 ? builds : builds.toReversed()) {
        run.log(`(rollout-rate) ${n} of ${rounds}: ${title} …`);
        turns.push(await rollout(deployment, Math.round(targets / rounds), `v${n}`));
      }
    }
    return resultOf(builds, Math.round(targets / rounds));
  });
}

async function rollout({ calls, sim, meter, sql }: RolloutStack, targets: number, name: string) {
  await sim.clearLedger();
  const { response } = await calls.create(newAppids(targets), name);
  const before = await meter.read(0);
  await calls.command('startRollout', response.id);
  const { startTime, endTime } = await calls.completed(response.id, POLL_MS);
  const usage = usageBetween(before, await meter.read(await operationsOf(sql, response.id)));
  const counts = Object.values((await sim.summary()).apis).map((api) => api.calls);
  const seconds = ((endTime?.getTime() ?? Number.NaN) - (startTime?.getTime() ?? Number.NaN)) / 1000;
  return { calls: sum(counts), busiest: Math.max(...counts), seconds, usage };
}

function resultOf(builds: Build[], targets: number): Pick<RolloutFigures, 'workload' | 'figures' | 'usages'> {
  return {
    workload: `A rollout of ${targets} targets from COMMIT to VERIFY with the default \`max_in_flight\`; a call takes 50 ms. Each build has run a rollout of ${WARM_UP} targets before, and several builds take turns on one PostgreSQL and one Kafka.`,
    figures: builds.map(({ title, turns }) => {
      const share = median(turns.map(({ busiest, seconds }) => busiest / PER_SECOND / seconds));
      const each = (value: (turn: Build['turns'][number]) => number) => round(median(turns.map(value)), 0);
      return {
        figure: `${title}: ${targets} targets at ${PER_SECOND} calls/s per API, ${each(({ calls }) => calls)} calls, ${each(({ busiest }) => busiest)} to the busiest API, in ${each(({ seconds }) => seconds)} s`,
        goal: '≥ 0.95 of an ideal caller',
        measured: share.toFixed(3),
        isReached: share >= 0.95,
      };
    }),
    usages: builds.map(({ title, turns }) => ({ title, turns: turns.map(({ usage }) => ({ usage })) })),
  };
}

async function commitOf(folder: string): Promise<string> {
  const { stdout } = await promisify(execFile)('git', ['-C', folder, 'rev-parse', '--short=8', 'HEAD']);
  return stdout.trim();
}
