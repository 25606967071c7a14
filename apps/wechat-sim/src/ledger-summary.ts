import type { CallEntry, PushEntry } from './ledger-entries.js';

interface AppSummary {
  /** Concurrent changes as the caller saw them: from its request to the response or its disconnection. */
  maxConcurrentChanges: number;
  /** First word of the effect → count. */
  effects: Record<string, number>;
}

export interface SummaryView {
  /** errcode → count; `none` if no readable errcode was sent. */
  apis: Record<string, { calls: number; errcodes: Record<string, number> }>;
  effects: Record<string, number>;
  pushes: Record<string, { tries: number; accepted: number }>;
  /** The maximum over all mini-programs. */
  maxConcurrentChanges: number;
  apps: Record<string, AppSummary>;
  /** The number of dropped ledger entries. */
  dropped: number;
}

/** appid → API → number of calls. */
export type CallCounts = Record<string, Record<string, number>>;

/** Counts that stay correct when the ledger has dropped its oldest entries. */
export class LedgerSummary {
  dropped = 0;
  private apis: SummaryView['apis'] = {};
  private effects: SummaryView['effects'] = {};
  private pushes: SummaryView['pushes'] = {};
  private readonly apps = new Map<string, AppSummary>();
  private readonly calls = new Map<string, Record<string, number>>();
  private readonly openChanges = new Map<string, number>();

  changeBegan(appid: string): void {
    const open = (this.openChanges.get(appid) ?? 0) + 1;
    this.openChanges.set(appid, open);
    const app = this.app(appid);
    app.maxConcurrentChanges = Math.max(app.maxConcurrentChanges, open);
  }

  changeEnded(appid: string): void {
    const open = (this.openChanges.get(appid) ?? 1) - 1;
    if (open > 0) this.openChanges.set(appid, open);
    else this.openChanges.delete(appid);
  }

  effected(appid: string, effect: string): void {
    const name = effect.split(' ', 1)[0] ?? effect;
    const counts = this.app(appid).effects;
    counts[name] = (counts[name] ?? 0) + 1;
    this.effects[name] = (this.effects[name] ?? 0) + 1;
  }

  callEnded({ api, appid, errcode }: CallEntry): void {
    this.apis[api] ??= { calls: 0, errcodes: {} };
    const counts = this.apis[api];
    const code = errcode === null ? 'none' : String(errcode);
    counts.calls += 1;
    counts.errcodes[code] = (counts.errcodes[code] ?? 0) + 1;
    if (appid !== null) this.countCall(appid, api);
  }

  private countCall(appid: string, api: string): void {
    const counts = this.calls.get(appid) ?? {};
    counts[api] = (counts[api] ?? 0) + 1;
    this.calls.set(appid, counts);
  }

  pushEnded({ event, answer, status }: PushEntry): void {
    this.pushes[event] ??= { tries: 0, accepted: 0 };
    this.pushes[event].tries += 1;
    if (status === 200 && answer === 'success') this.pushes[event].accepted += 1;
  }

  private app(appid: string): AppSummary {
    const known = this.apps.get(appid);
    if (known) return known;
    const app = { maxConcurrentChanges: 0, effects: {} };
    this.apps.set(appid, app);
    return app;
  }

  read(appid?: string): SummaryView {
    const apps = appid === undefined ? [...this.apps] : [...this.apps].filter(([known]) => known === appid);
    return {
      apis: this.apis,
      effects: this.effects,
      pushes: this.pushes,
      maxConcurrentChanges: apps.reduce((max, [, app]) => Math.max(max, app.maxConcurrentChanges), 0),
      apps: Object.fromEntries(apps),
      dropped: this.dropped,
    };
  }

  /** How often each API was called for each mini-program, or for one. */
  callCounts(appid?: string): CallCounts {
    return Object.fromEntries([...this.calls].filter(([known]) => appid === undefined || known === appid));
  }

  /** Open calls stay counted as open. */
  clear(): void {
    this.dropped = 0;
    this.apis = {};
    this.effects = {};
    this.pushes = {};
    this.apps.clear();
    this.calls.clear();
  }
}
