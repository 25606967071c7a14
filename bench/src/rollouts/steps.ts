import { usageBetween } from '../load/meter.js';
import { median, quantiles } from '../load/numbers.js';
import type { RolloutFigures, Usage } from '../results.js';
import type { Run } from '../run.js';
import { ByHand } from './by-hand.js';
import { newAppids } from './new-appids.js';
import { operationsOf, startRolloutStack } from './rollout-stack.js';
import { TurnsAlone } from './turns-alone.js';

const TARGETS = 1_000;
const ROUNDS = 3;
const ALONE = 5_000;
const WAVES = 100;
const LARGE = 100_000;

type Costs = Record<'worker' | 'PostgreSQL' | 'walBytes' | 'all' | 'perSecond', number>;

/** The cost of a step: that of turns alone, and that of a rollout beyond the same operations of a caller. */
export function steps(run: Run): Promise<RolloutFigures> {
  return run.measurePart(async () => {
    const alone = await ofTurnsAlone(run);
    const rounds = await compared(run);
    const of = (what: keyof Costs) => median(rounds.map(({ rollout }) => rollout[what]));
    const beyond = (what: keyof Costs) =>
      median(rounds.map(({ rollout, byHand }) => rollout[what] - byHand[what]));
    const pair = (what: keyof Costs, digits: number) =>
      `${of(what).toFixed(digits)}, beyond the caller's ${beyond(what).toFixed(digits)}`;
    return {
      workload: `Turns alone run in one process with PostgreSQL; the operations are ended by a statement that is not counted. The others are medians of ${ROUNDS} rounds, each with a rollout of ${TARGETS} targets and a caller that requests the same four operations of as many mini-programs, step by step; WeChat responds at once.`,
      figures: [
        ...alone,
        {
          ...{ figure: 'worker CPU per operation, ms', goal: '≤ 0.15 beyond the caller’s' },
          ...{ measured: pair('worker', 3), isReached: beyond('worker') <= 0.15 },
        },
        {
          ...{ figure: 'PostgreSQL CPU per operation, ms', goal: '≤ 0.20 beyond the caller’s' },
          ...{ measured: pair('PostgreSQL', 3), isReached: beyond('PostgreSQL') <= 0.2 },
        },
        {
          ...{ figure: 'WAL per operation, bytes', goal: '≤ 1,024 beyond the caller’s' },
          ...{ measured: pair('walBytes', 0), isReached: beyond('walBytes') <= 1_024 },
        },
        {
          ...{ figure: 'CPU of all processes per operation, ms', goal: '' },
          ...{ measured: pair('all', 3), isReached: true },
        },
        {
          ...{ figure: 'operations per second', goal: '' },
          ...{ measured: pair('perSecond', 0), isReached: true },
        },
      ],
    };
  });
}

async function ofTurnsAlone(run: Run): Promise<RolloutFigures['figures']> {
  run.log('(rollout-steps) turns alone …');
  const alone = await TurnsAlone.start(run);
  await alone.whole(TARGETS);
  const { operations, seconds } = await alone.whole(ALONE);
  const { blockedMs } = await alone.whole(ALONE, WAVES);
  const { p50, p99 } = quantiles(await alone.cancel(LARGE));
  const perSecond = operations / seconds;
  return [
    {
      ...{ figure: `steps per second of turns alone, ${ALONE} targets`, goal: '≥ 2,000' },
      ...{ measured: perSecond.toFixed(0), isReached: perSecond >= 2_000 },
    },
    {
      ...{ figure: `longest block of the event loop, ${ALONE} targets in ${WAVES} waves with speed-ups` },
      ...{ goal: '≤ 50 ms', measured: `${blockedMs.toFixed(0)} ms`, isReached: blockedMs <= 50 },
    },
    {
      ...{ figure: `turn of 500 moves alone, ${LARGE} targets cancelled`, goal: 'p50 ≤ 60 ms, p99 ≤ 150 ms' },
      ...{ measured: `p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms` },
      isReached: p50 <= 60 && p99 <= 150,
    },
  ];
}

/** Both kinds by turns, so that they share what else the machine does. */
async function compared(run: Run): Promise<{ rollout: Costs; byHand: Costs }[]> {
  const { stack, sql, calls, meter, sim } = await startRolloutStack(run, 'rollout-steps');
  const byHand = run.register(new ByHand(stack.addresses.grpc, sql));
  const rollout = async (targets: number) => {
    const { response } = await calls.create(newAppids(targets), 'steps', { maxInFlight: 1_000 });
    await calls.command('startRollout', response.id);
    await calls.completed(response.id);
    return operationsOf(sql, response.id);
  };
  const metered = async (work: () => Promise<number>): Promise<Costs> => {
    await sim.clearLedger();
    const before = await meter.read(0);
    const operations = await work();
    return costsOf(usageBetween(before, await meter.read(operations)));
  };
  await rollout(500);
  await byHand.run(newAppids(500), 'warm-up');
  const rounds: { rollout: Costs; byHand: Costs }[] = [];
  for (let n = 0; n < ROUNDS; n += 1) {
    run.log(`(rollout-steps) round ${n + 1} of ${ROUNDS} …`);
    rounds.push({
      rollout: await metered(() => rollout(TARGETS)),
      byHand: await metered(() => byHand.run(newAppids(TARGETS), `v${n}`)),
    });
  }
  return rounds;
}

function costsOf({ seconds, operations, cpuSeconds, postgres }: Usage): Costs {
  const ms = (cpu = 0) => (1000 * cpu) / operations;
  return {
    worker: ms(cpuSeconds.worker),
    PostgreSQL: ms(cpuSeconds.PostgreSQL),
    walBytes: postgres.walBytes / operations,
    all: ms(Object.values(cpuSeconds).reduce((sum, cpu) => sum + cpu, 0)),
    perSecond: operations / seconds,
  };
}
