import type { Rollout, RolloutCount, WatchRolloutResponse } from '@wxa/contracts';
import type { Client } from './client.js';
import { print } from './print.js';

/** Prints each version of a rollout that differs in its counts, as a line, until `isReached`. */
export async function follow(
  client: Client,
  id: string,
  isReached: (rollout: Rollout) => boolean,
): Promise<Rollout> {
  const stream = client.watchRollout(id);
  let last = '';
  try {
    for await (const { rollout } of stream as AsyncIterable<WatchRolloutResponse>) {
      if (rollout === undefined) continue;
      const line = rollout.counts.map(shown).join(' · ');
      if (line !== last) print(line, undefined, 5);
      last = line;
      if (isReached(rollout)) return rollout;
    }
  } finally {
    stream.cancel();
  }
  throw new Error('the stream of the rollout ended too early');
}

/** As in `12 AUDIT waiting`. */
function shown({ step, state, count }: RolloutCount): string {
  return `${count} ${step.replace('ROLLOUT_STEP_', '')} ${state.replace('ROLLOUT_TARGET_STATE_', '').toLowerCase()}`;
}
