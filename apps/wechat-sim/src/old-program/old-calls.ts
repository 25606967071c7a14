import type { OldTokens } from './old-tokens.js';

const STEP_MS = 20;
/** A call that changes nothing. */
const API = 'wxa/getshowwxaitem';
const MAX_FAILURES = 100;

/** The calls so far. `failures`: the first ones, with WeChat's errcode or why there was none. */
export interface CallsView {
  isRunning: boolean;
  made: number;
  open: number;
  failed: number;
  failures: { appid: string; why: string }[];
}

/** Calls WeChat for the mini-programs in turn, at a steady rate, as the systems of a platform do. No call is repeated. */
export class OldCalls {
  private timer: NodeJS.Timeout | undefined;
  private made = 0;
  private open = 0;
  private failed = 0;
  private readonly failures: CallsView['failures'] = [];

  constructor(
    private readonly wechatUrl: string,
    private readonly tokens: OldTokens,
  ) {}

  /** Replaces the rate. */
  start(perSecond: number): void {
    this.stop();
    const [startedAt, before] = [performance.now(), this.made];
    this.timer = setInterval(() => {
      const due = before + Math.floor(((performance.now() - startedAt) / 1000) * perSecond);
      while (this.made < due) this.call();
    }, STEP_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  view(): CallsView {
    const { made, open, failed, failures } = this;
    return { isRunning: this.timer !== undefined, made, open, failed, failures };
  }

  private call(): void {
    const { appids } = this.tokens;
    const appid = appids[this.made % appids.length] ?? '';
    this.made += 1;
    this.open += 1;
    void this.ask(appid)
      .catch((error: unknown) => this.fail(appid, String(error)))
      .finally(() => {
        this.open -= 1;
      });
  }

  private async ask(appid: string): Promise<void> {
    const held = await this.tokens.of(appid);
    if (held === undefined) return this.fail(appid, 'no token');
    const token = encodeURIComponent(held.access_token);
    const response = await fetch(`${this.wechatUrl}/${API}?access_token=${token}`);
    const { errcode } = (await response.json()) as { errcode?: number };
    if (errcode) this.fail(appid, `errcode ${errcode}`);
  }

  private fail(appid: string, why: string): void {
    this.failed += 1;
    if (this.failures.length < MAX_FAILURES) this.failures.push({ appid, why });
  }
}
