import type { FaultOrder, SimControl } from '@wxa/wechat-sim';
import { CHANGE_APIS, REFUSALS, type Refusal, refuseAfterBusy } from './refused-after-busy.js';
import type { FaultKind, Planned } from './schedule.js';

interface WechatFault extends FaultKind {
  /**
   * A fault as the simulator takes it, for all APIs; or 'tokens': every other mini-program's token is rejected;
   * or, for every eighth mini-program, a rejection that follows a -1.
   */
  order: Omit<FaultOrder, 'times' | 'api'> | 'tokens' | Refusal;
}

const A_WHILE = [1000, 4000] as const;
/** Long enough for most mini-programs to send a change. */
const LONGER = [4000, 7000] as const;
const EVERY = 8;

/** Faults of WeChat, each for a limited time and most for a share of the calls. */
export const WECHAT_FAULTS: Readonly<Record<string, WechatFault>> = {
  'busy (-1), nothing done': { order: { kind: 'busy', rate: 0.6 }, ms: A_WHILE },
  'busy (-1), but done': { order: { kind: 'busy', when: 'after', rate: 0.4 }, ms: A_WHILE },
  'answers lost': { order: { kind: 'lost', rate: 0.4 }, ms: A_WHILE },
  'calls lost': { order: { kind: 'lost', when: 'before', rate: 0.4 }, ms: A_WHILE },
  'half answers': { order: { kind: 'half', rate: 0.4 }, ms: A_WHILE },
  'HTML for an answer': { order: { kind: 'garbage', rate: 0.4 }, ms: A_WHILE },
  'reset, nothing done': { order: { kind: 'reset', rate: 0.4 }, ms: A_WHILE },
  'reset, but done': { order: { kind: 'reset', when: 'after', rate: 0.4 }, ms: A_WHILE },
  '502, nothing done': { order: { kind: 'status', rate: 0.4 }, ms: A_WHILE },
  '502, but done': { order: { kind: 'status', when: 'after', rate: 0.4 }, ms: A_WHILE },
  'held, then done': { order: { kind: 'hang', rate: 0.3 }, ms: [500, 2500] },
  'done, answers held': { order: { kind: 'hang', when: 'after', rate: 0.3 }, ms: A_WHILE },
  slow: { order: { kind: 'latency', ms: 1200, rate: 0.5 }, ms: A_WHILE },
  'too often (45011)': { order: { kind: 'rate', rate: 0.5 }, ms: A_WHILE },
  'tokens refused': { order: 'tokens', ms: [0, 0] },
  'busy (-1), but done; then tokens refused': { order: REFUSALS.token, ms: LONGER },
  'busy (-1), but done; then quota used up': { order: REFUSALS.quota, ms: LONGER },
  'busy (-1), but done; then not permitted': { order: REFUSALS.permission, ms: LONGER },
};

/** Injects a fault and resolves when it has ended. */
export async function wechatFault(
  sim: SimControl,
  appids: readonly string[],
  { name, ms, target }: Planned,
  pause: (ms: number) => Promise<void>,
): Promise<void> {
  const { order } = WECHAT_FAULTS[name] ?? {};
  if (order === undefined) throw new Error(`no fault ${name}`);
  if (order === 'tokens') {
    const some = appids.filter((_, i) => i % 2 === 0);
    await Promise.all(some.map((appid) => sim.patch(appid, { expireToken: true })));
    return;
  }
  const ids =
    'kind' in order
      ? [(await sim.addFault({ ...order, times: 0 })).id]
      : await refuseAfterBusy(
          sim,
          appids.filter((_, i) => i % EVERY === target % EVERY),
          CHANGE_APIS,
          order,
        );
  await pause(ms);
  await Promise.all(ids.map((id) => sim.clearFaults(id)));
}
