import { setTimeout as delay } from 'node:timers/promises';
import type { SimControl } from '@wxa/wechat-sim';
import type { Random } from '../random.js';

type Decision = Parameters<SimControl['decide']>[1];
type PushPlan = NonNullable<Decision['push']>;

const LOOK_EVERY_MS = 150;
/** An audit that was never opened is waited for no longer. */
const OPEN_WITHIN_MS = 10_000;

/** Decides the audits of a mini-program as WeChat would, and tells of it in WeChat's ways. */
export class Auditor {
  constructor(
    private readonly sim: SimControl,
    private readonly random: Random,
    private readonly signal: AbortSignal,
  ) {}

  /** Decides the audit that is open or will be soon, at times before its submission was answered; true where it did. */
  async decide(appid: string, decision: Decision['decision']): Promise<boolean> {
    const push = this.#push();
    for (const deadline = Date.now() + OPEN_WITHIN_MS; Date.now() < deadline && !this.signal.aborted; ) {
      const decided = await this.sim.decide(appid, { decision, push }).then(yes, no);
      if (decided) return true;
      await delay(LOOK_EVERY_MS);
    }
    return false;
  }

  /** On time, lost, doubled, late, or doubled with a gap. */
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

const yes = () => true;
const no = () => false;
