import { sum } from '../load/numbers.js';
import type { RolloutFigures } from '../results.js';
import type { Run } from '../run.js';
import { newAppids } from './new-appids.js';
import { startRolloutStack } from './rollout-stack.js';

const TARGETS = 10_000;
const PER_SECOND = 60;

/** A rollout under a rate limit, compared with a caller that calls the busiest API without a pause. */
export function atRate(run: Run): Promise<RolloutFigures> {
  return run.measurePart(async () => {
    const env = { WECHAT_RATE_PER_API: String(PER_SECOND) };
    const { calls, sim } = await startRolloutStack(run, 'rollout-rate', { latencyMs: 50, env });
    run.log(`(rollout-rate) ${TARGETS} targets at ${PER_SECOND} calls per second and API …`);
    const { response } = await calls.create(newAppids(TARGETS), 'rate');
    await calls.command('startRollout', response.id);
    const since = performance.now();
    await calls.completed(response.id);
    const seconds = (performance.now() - since) / 1000;
    const counts = Object.values((await sim.summary()).apis).map((api) => api.calls);
    const busiest = Math.max(...counts);
    const share = busiest / PER_SECOND / seconds;
    return {
      workload: `A rollout of ${TARGETS} targets from COMMIT to VERIFY with the default \`max_in_flight\`; a call takes 50 ms.`,
      figures: [
        {
          figure: `${TARGETS} targets at ${PER_SECOND} calls/s per API: ${sum(counts)} calls, ${busiest} to the busiest API, in ${seconds.toFixed(0)} s`,
          goal: '≥ 0.95 of an ideal caller',
          measured: share.toFixed(3),
          isReached: share >= 0.95,
        },
      ],
    };
  });
}
