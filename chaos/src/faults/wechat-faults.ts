import type { FaultOrder, SimControl } from '@wxa/wechat-sim';
import { CHANGE_APIS, REJECTIONS, type Rejection, rejectAfterBusy } from './rejected-after-busy.js';
import type { FaultBounds, PlannedFault } from './schedule.js';

interface WechatFault extends FaultBounds {
  /**
   * A fault as the simulator takes it, for all APIs; or 'tokens': every other mini-program's token is rejected;
   * or, for every eighth mini-program, a rejection that follows a -1.
   */
  fault: Omit<FaultOrder, 'times' | 'api'> | 'tokens' | Rejection;
}

const SHORT = [1000, 4000] as const;
/** Long enough for most mini-programs to send a change. */
const LONG = [4000, 7000] as const;
const EVERY = 8;

/** Faults of WeChat, each for a limited time and most for a share of the calls. */
export const WECHAT_FAULTS: Readonly<Record<string, WechatFault>> = {
  'busy (-1), not executed': { fault: { kind: 'busy', rate: 0.6 }, ms: SHORT },
  'busy (-1), but executed': { fault: { kind: 'busy', when: 'after', rate: 0.4 }, ms: SHORT },
  'responses lost': { fault: { kind: 'lost', rate: 0.4 }, ms: SHORT },
  'calls lost': { fault: { kind: 'lost', when: 'before', rate: 0.4 }, ms: SHORT },
  'truncated responses': { fault: { kind: 'half', rate: 0.4 }, ms: SHORT },
  'HTML responses': { fault: { kind: 'garbage', rate: 0.4 }, ms: SHORT },
  'reset, not executed': { fault: { kind: 'reset', rate: 0.4 }, ms: SHORT },
  'reset, but executed': { fault: { kind: 'reset', when: 'after', rate: 0.4 }, ms: SHORT },
  '502, not executed': { fault: { kind: 'status', rate: 0.4 }, ms: SHORT },
  '502, but executed': { fault: { kind: 'status', when: 'after', rate: 0.4 }, ms: SHORT },
  'held, then executed': { fault: { kind: 'hang', rate: 0.3 }, ms: [500, 2500] },
  'executed, responses held': { fault: { kind: 'hang', when: 'after', rate: 0.3 }, ms: SHORT },
  slow: { fault: { kind: 'latency', ms: 1200, rate: 0.5 }, ms: SHORT },
  'rate limited (45011)': { fault: { kind: 'rate', rate: 0.5 }, ms: SHORT },
  'tokens rejected': { fault: 'tokens', ms: [0, 0] },
  'busy (-1), but executed; then token rejected': { fault: REJECTIONS.token, ms: LONG },
  'busy (-1), but executed; then quota exhausted': { fault: REJECTIONS.quota, ms: LONG },
  'busy (-1), but executed; then permission denied': { fault: REJECTIONS.permission, ms: LONG },
};

/** Injects a fault and resolves when it has ended. */
export async function wechatFault(
  sim: SimControl,
  appids: readonly string[],
  { name, ms, target }: PlannedFault,
  pause: (ms: number) => Promise<void>,
): Promise<void> {
  const { fault } = WECHAT_FAULTS[name] ?? {};
  if (fault === undefined) throw new Error(`unknown fault ${name}`);
  if (fault === 'tokens') {
    const some = appids.filter((_, i) => i % 2 === 0);
    await Promise.all(some.map((appid) => sim.patch(appid, { expireToken: true })));
    return;
  }
  const ids =
    'kind' in fault
      ? [(await sim.addFault({ ...fault, times: 0 })).id]
      : await rejectAfterBusy(
          sim,
          appids.filter((_, i) => i % EVERY === target % EVERY),
          CHANGE_APIS,
          fault,
        );
  await pause(ms);
  await Promise.all(ids.map((id) => sim.clearFaults(id)));
}
