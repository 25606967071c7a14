import type { MiniProgram } from '../model/mini-program.js';
import { pushXml } from './push-xml.js';
import type { PushDelivery, Pusher } from './pusher.js';

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
export interface LoadResult extends PushDelivery {
  /** In its element `Id`: `load-` and the number of the callback. */
  id: string;
  appid: string;
  event: string;
}

const STEP_MS = 20;
/** Of a result: the number of its callback, the instants of its delivery, and 1 if it was accepted. */
const NUMBERS = 5;

/** A load that was started, with its results, each of which is five numbers. */
interface Load {
  plan: LoadPlan;
  sent: number;
  ended: number;
  results: Float64Array;
}

/**
 * Sends callbacks at a steady rate, whatever the answers, and keeps the result of each: as numbers in one array,
 * because a million objects would stop the process for seconds while they are collected, and it measures answers.
 */
export class CallbackLoad {
  private timer: NodeJS.Timeout | undefined;
  private load: Load | undefined;
  private open = 0;

  constructor(
    private readonly pusher: Pusher,
    private readonly app: (appid: string) => MiniProgram,
  ) {}

  /** Replaces the load that runs. */
  start(plan: LoadPlan): void {
    this.stop();
    const results = new Float64Array(NUMBERS * Math.ceil(plan.rate * plan.seconds));
    const load: Load = { plan, results, sent: 0, ended: 0 };
    this.load = load;
    const startedAt = performance.now();
    const step = () => {
      const passedS = Math.min(plan.seconds, (performance.now() - startedAt) / 1000);
      for (const due = Math.floor(passedS * plan.rate); load.sent < due; load.sent += 1) this.send(load);
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
    return { isRunning: this.timer !== undefined, sent: this.load?.sent ?? 0, open: this.open };
  }

  /** Those that have ended, in this order, of the load that was started last. */
  ended(after: number, limit: number): LoadResult[] {
    const { load } = this;
    if (load === undefined) return [];
    const count = Math.max(0, Math.min(limit, load.ended - after));
    return Array.from({ length: count }, (_, i) => resultOf(load, after + i));
  }

  private send(load: Load): void {
    const { plan, sent } = load;
    const { id, appid, event } = callback(plan, sent);
    const now = Date.now();
    const fields = { MsgId: `${now}${String(sent).padStart(7, '0')}`, Id: id, List: [{ Item: id }] };
    const xml = pushXml(this.app(appid), event, now, fields);
    this.open += 1;
    void this.pusher.deliver({ appid, event, xml }, { retryMs: plan.retryMs }).then((delivery) => {
      this.open -= 1;
      if (delivery === undefined) return;
      const { firstAt, lastAt, endedAt, isAccepted } = delivery;
      load.results.set([sent, firstAt, lastAt, endedAt, isAccepted ? 1 : 0], NUMBERS * load.ended);
      load.ended += 1;
    });
  }
}

function resultOf({ plan, results }: Load, index: number): LoadResult {
  const from = NUMBERS * index;
  const [number = 0, firstAt = 0, lastAt = 0, endedAt = 0, accepted] = results.subarray(from, from + NUMBERS);
  return { ...callback(plan, number), firstAt, lastAt, endedAt, isAccepted: accepted === 1 };
}

/** The callback with this number: the pace of names must not fix which mini-program gets which name. */
function callback({ names, appids }: LoadPlan, number: number): Pick<LoadResult, 'id' | 'appid' | 'event'> {
  const appid = appids[Math.floor(number / names.length + number) % appids.length] ?? '';
  return { id: `load-${number}`, appid, event: names[number % names.length] ?? '' };
}
