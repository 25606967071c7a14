import type { Method } from '@wxa/contracts';
import type { RolloutContext } from '../rollout.js';
import type { FirstTarget, Target } from '../target.js';

/** The next operation of a target. */
export interface TargetRequest {
  method: Method;
  /** The idempotency key; at most 60 characters. */
  requestId: string;
  /** Proto3 JSON of the method's request, with `appid` and `requestId`, valid by the method's own rules. */
  request: Record<string, unknown>;
}

/**
 * The next operation of a PENDING target; undefined if its step has none.
 * @param first how far the first rollout got; null if this is not a rollback.
 */
export function requestOf(
  target: Target,
  context: Pick<RolloutContext, 'id' | 'spec' | 'isRollback'>,
  first: FirstTarget | null,
): TargetRequest | undefined {
  throw new Error(`not implemented: ${[target, context, first]}`);
}
