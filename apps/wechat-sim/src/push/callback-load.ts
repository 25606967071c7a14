import type { MiniProgram } from '../model/mini-program.js';
import { pushXml } from './push-xml.js';
import type { Delivery, Pusher } from './pusher.js';

/** So many callbacks a second, of these names and to these mini-programs in turn. */
export interface LoadPlan {
  rate: number;
  names: string[];
  appids: string[];
  seconds: number;
  /** Until the next of WeChat's three attempts. */
  retryMs: number;
}

/** A callback of a load that was accepted or given up. */
export interface LoadResult extends Delivery {
  /** In its element `Id`: `load-` and the number of the callback. */
  id: string;
  appid: string;
  event: string;
}

const STEP_MS = 20;

/** Sends callbacks at a steady rate, whatever the answers, and keeps the result of each. */
export class CallbackLoad {
  private timer: NodeJS.Timeout | undefined;
  private sent = 0;
  private open = 0;
  private results: LoadResult[] = [];

  constructor(
    private readonly pusher: Pusher,
    private readonly app: (appid: string) => MiniProgram,
  ) {}

  /** Replaces the load that runs. */
  start(plan: LoadPlan): void {
    this.stop();
    this.sent = 0;
    this.results = [];
    const startedAt = performance.now();
    const step = () => {
      const passedS = Math.min(plan.seconds, (performance.now() - startedAt) / 1000);
      for (const due = Math.floor(passedS * plan.rate); this.sent < due; this.sent += 1) this.send(plan);
      if (passedS >= plan.seconds) this.stop();
    };
    this.timer = setInterval(step, STEP_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** `open`: callbacks that were neither accepted nor given up. */
  view(): { isRunning: boolean; sent: number; open: number } {
    return { isRunning: this.timer !== undefined, sent: this.sent, open: this.open };
  }

  /** Those that have ended, in this order, of the load that was started last. */
  ended(after: number, limit: number): LoadResult[] {
    return this.results.slice(after, after + limit);
  }

  private send({ names, appids, retryMs }: LoadPlan): void {
    const id = `load-${this.sent}`;
    const event = names[this.sent % names.length] ?? '';
    // The pace of names must not fix which mini-program gets which name.
    const appid = appids[Math.floor(this.sent / names.length + this.sent) % appids.length] ?? '';
    const now = Date.now();
    const fields = { MsgId: `${now}${String(this.sent).padStart(7, '0')}`, Id: id, List: [{ Item: id }] };
    const xml = pushXml(this.app(appid), event, now, fields);
    const { results } = this;
    this.open += 1;
    void this.pusher.deliver({ appid, event, xml }, { retryMs }).then((delivery) => {
      this.open -= 1;
      if (delivery !== undefined) results.push({ id, appid, event, ...delivery });
    });
  }
}
