import { type Hold, type Rollout, short } from '../types.js';
import { gateOf, gatesOf, waitsForPerson } from './gates.js';
import { countOf, partsOf } from './segments.js';

/** How a rollout is, in a word and a colour of Ant Design: amber for all that an operator should look at. */
export interface Status {
  tone: 'default' | 'processing' | 'success' | 'warning';
  /** `held`, `gate`, `failed` and `open` say more than the state does. */
  name: 'held' | 'gate' | 'failed' | 'open' | 'state';
  /** The cause of the hold. */
  cause?: string;
  /** How many have failed. */
  failed?: number;
}

type Given = Pick<Rollout, 'state' | 'holds' | 'counts' | 'spec' | 'rollbackOf' | 'open' | 'waves'>;

export function statusOf(rollout: Given): Status {
  const state = short(rollout.state);
  const failed = countOf(partsOf(rollout, rollout.counts), 'failed');
  if (state === 'COMPLETED')
    return failed > 0 ? { tone: 'warning', name: 'failed', failed } : { tone: 'success', name: 'state' };
  if (state === 'PAUSED' || state === 'CANCELLING') return { tone: 'warning', name: 'state' };
  if (state !== 'RUNNING') return { tone: 'default', name: 'state' };
  const hold = holdsOf(rollout)[0];
  if (hold !== undefined) return { tone: 'warning', name: 'held', cause: short(hold.cause) };
  const isListed = rollout.waves?.length === 0;
  const isWaiting = waiting(rollout).length > 0 || (isListed && rollout.holds.some(isLeftToOperator));
  if (isWaiting) return { tone: 'warning', name: 'gate' };
  return { tone: 'processing', name: rollout.open ? 'open' : 'state' };
}

/** What holds a rollout apart from its gates. */
export function holdsOf({ holds }: Pick<Rollout, 'holds'>): Hold[] {
  return (holds ?? []).filter(({ cause }) => short(cause) !== 'GATE');
}

/** Whether only an operator is missing at a gate. In lists, which have no waves, that is said by the explanation of the hold alone. */
export function isLeftToOperator(hold: Pick<Hold, 'cause' | 'until' | 'explanation'>): boolean {
  const { reason, arguments: args = {} } = hold.explanation ?? {};
  if (short(hold.cause) !== 'GATE' || hold.until !== undefined) return false;
  if (reason === 'GATE_MANUAL') return true;
  const { manual, passed, targets, percent } = args;
  return manual === 'true' && Number(passed) * 100 >= Number(targets) * Number(percent);
}

/** The gates at which targets wait for an operator. */
export function waiting(rollout: Given) {
  const gates = (rollout.waves ?? []).flatMap((_, i) =>
    gatesOf(rollout).map((gate) => gateOf(rollout as Rollout, i + 1, gate)),
  );
  return gates.filter(waitsForPerson);
}
