import { setTimeout as delay } from 'node:timers/promises';
import type { SimControl } from '@wxa/wechat-sim';
import type { Random } from '../random.js';

type Decision = Parameters<SimControl['decide']>[1];
type PushPlan = NonNullable<Decision['push']>;

const POLL_MS = 150;
/** How long to wait for an audit that was never opened. */
const OPEN_WITHIN_MS = 10_000;

/** Decides the audits of a mini-program as WeChat does, and sends the callbacks as WeChat does. */
export class WechatAuditor {
  constructor(
    private readonly sim: SimControl,
    private readonly random: Random,
    private readonly signal: AbortSignal,
  ) {}

  /** Decides the open audit, or the next one, sometimes before its submission is answered. Returns true if it did. */
  async decide(appid: string, decision: Decision['decision']): Promise<boolean> {
    const push = this.#push();
    for (const deadline = Date.now() + OPEN_WITHIN_MS; Date.now() < deadline && !this.signal.aborted; ) {
      const decided = await this.sim.decide(appid, { decision, push }).then(isOk, isNotOk);
      if (decided) return true;
      await delay(POLL_MS);
    }
    return false;
  }

  /** On time, lost, duplicated, late, or duplicated with a gap. */
  #push(): PushPlan {
    const { random } = this;
    const later = random.int(300, 5000);
    return random.pick([
      {},
      {},
      {},
      { none: true },
      { times: 2 },
      { delayMs: later },
      { times: 2, gapMs: later },
    ]);
  }
}

const isOk = () => true;
const isNotOk = () => false;
