import { SimComponent } from './component/component.js';
import { componentApis } from './component/component-apis.js';
import { ComponentFile } from './component/component-file.js';
import { Tickets } from './component/tickets.js';
import type { SimConfig } from './config.js';
import { Ledger } from './ledger.js';
import { openAudit } from './mini-program/audits.js';
import { savePastState, stateForReads } from './mini-program/lag.js';
import type { ApiDefinition, Call } from './model/api.js';
import { type MiniProgram, newMiniProgram } from './model/mini-program.js';
import type { Outcome } from './model/outcome.js';
import { newPlatform, type Platform } from './model/platform.js';
import { Auditor } from './push/auditor.js';
import { CallbackLoad } from './push/callback-load.js';
import { Pusher } from './push/pusher.js';
import { Registrations } from './push/registrations.js';
import { Timers } from './push/timers.js';
import { type ApiTable, apiTable } from './wechat/api-table.js';
import { Faults } from './wechat/faults.js';
import { CallLimits } from './wechat/limits.js';
import { Tokens } from './wechat/tokens.js';

/**
 * The whole state of the simulator, in memory. Only authorizations survive the process, if a state file is set.
 */
export class Simulator {
  readonly tokens = new Tokens();
  readonly limits = new CallLimits();
  readonly faults = new Faults();
  platform: Platform;
  readonly ledger: Ledger;
  /** What the platform has registered for callbacks. */
  readonly registrations: Registrations;
  readonly pusher: Pusher;
  readonly timers = new Timers();
  readonly auditor: Auditor;
  readonly load: CallbackLoad;
  /** Set if tokens come from the component APIs, otherwise null. */
  readonly componentMode: { component: SimComponent; tickets: Tickets; file: ComponentFile | null } | null;
  readonly apis: ApiTable;
  private readonly apps = new Map<string, MiniProgram>();

  constructor(readonly config: SimConfig) {
    this.platform = newPlatform(config.auditRules, config.isStrict);
    this.ledger = new Ledger(config.ledgerEntries);
    this.registrations = new Registrations(config);
    this.pusher = new Pusher(config, this.ledger, this.registrations);
    this.load = new CallbackLoad(this.pusher, (appid) => this.app(appid));
    this.auditor = new Auditor(config, this.pusher, () => this.platform, this.timers);
    this.componentMode = config.tokenMode === 'component' ? this.startComponent() : null;
    const app = (appid: string) => this.app(appid);
    this.apis = apiTable(this.componentMode ? componentApis({ ...this.componentMode, app }) : []);
    this.componentMode?.tickets.run();
  }

  private startComponent(): NonNullable<Simulator['componentMode']> {
    const { stateFile } = this.config;
    const component = new SimComponent(this.config);
    const file = stateFile === null ? null : new ComponentFile(stateFile, component);
    return { component, tickets: new Tickets(component, this.pusher), file };
  }

  /** The mini-program of an appid; every well-formed appid exists. */
  app(appid: string): MiniProgram {
    const known = this.apps.get(appid);
    if (known) return known;
    const app = newMiniProgram(appid);
    this.apps.set(appid, app);
    return app;
  }

  /** The mini-programs that were called or set. */
  allApps(): MiniProgram[] {
    return [...this.apps.values()];
  }

  /** Executes an API for a mini-program; an audit that it opens is decided by the rules. */
  execute(api: ApiDefinition, app: MiniProgram, request: Pick<Call, 'query' | 'body'>): Outcome {
    const now = Date.now();
    if (api.kind === 'change') savePastState(app, now);
    const seen = api.kind === 'query' ? stateForReads(app, now) : app;
    const { undoPerDay: perDay, undoPerMonth: perMonth } = this.config;
    const outcome = api.run(seen, {
      ...request,
      now,
      undoQuota: { perDay, perMonth },
      platform: this.platform,
      openAudits: () => this.allApps().filter(openAudit).length,
    });
    if (outcome.opened) this.auditor.opened(app, outcome.opened);
    return outcome;
  }

  /** Restores the initial state, in which the next audit keeps its number: no mini-programs, tokens, faults, limits, ledger entries or callbacks. */
  reset(): void {
    this.timers.stop();
    this.load.stop();
    this.pusher.stop();
    this.registrations.removeTest();
    this.faults.clear();
    this.limits.set({});
    this.tokens.clear();
    this.componentMode?.component.clear();
    this.apps.clear();
    const { nextAuditId } = this.platform;
    this.platform = { ...newPlatform(this.config.auditRules, this.config.isStrict), nextAuditId };
    this.ledger.clear();
    this.componentMode?.tickets.run();
  }

  /** Ends timers, callbacks and held calls; nothing keeps the process alive afterwards. */
  close(): void {
    this.timers.stop();
    this.load.stop();
    this.componentMode?.tickets.stop();
    this.componentMode?.file?.close();
    this.pusher.close();
    this.faults.clear();
  }
}
