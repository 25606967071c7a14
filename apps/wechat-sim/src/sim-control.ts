import type { z } from 'zod';
import type { Authorization, ComponentSettings } from './component/component.js';
import type { AppOverview } from './control/app-control.js';
import type {
  appPatch,
  authorizationBody,
  authorizeManyBody,
  byHandBody,
  callbackLoadBody,
  callbackUrlBody,
  componentPatch,
  faultBody,
  limitsBody,
  platformPatch,
  pushBody,
  testUrlBody,
  withdrawalBody,
} from './control/control-bodies.js';
import type { filingBody, interfaceBody } from './control/setup-bodies.js';
import type { CallEntry, LedgerEntry, PushEntry } from './ledger-entries.js';
import type { CallCounts, SummaryView } from './ledger-summary.js';
import type { auditDecision } from './model/audit-rules.js';
import type { Audit, MiniProgram } from './model/mini-program.js';
import type { Platform } from './model/platform.js';
import type { Filing, PrivacyInterface } from './model/setup.js';
import type { CallbackLoad, LoadResult } from './push/callback-load.js';
import type { PushResponse } from './push/pusher.js';
import type { FaultSpec } from './wechat/faults.js';

/** A value as the control API returns it: ids as strings. */
type Written<T> = T extends bigint ? string : T extends object ? { [K in keyof T]: Written<T[K]> } : T;

/** `kind`, and the other fields in README.md. */
export type FaultOrder = Pick<FaultSpec, 'kind'> & Partial<FaultSpec>;
export type FaultStatus = z.output<typeof faultBody> & {
  id: string;
  hits: number;
  held: number;
  spent: boolean;
};

export type ComponentView = ComponentSettings & { appid: string; authorizations: Authorization[] };

/** What the customer's browser and the callback contain; `event` is null if WeChat sends no callback. */
export interface Authorized {
  appid: string;
  event: 'authorized' | 'updateauthorized' | null;
  authorizationCode: string;
  expiresAt: number;
}

interface LedgerFilter {
  appid?: string;
  api?: string;
  after?: number;
}

/** A client of the control API (README.md). Every method throws if the status is not 2xx. */
export class SimControl {
  constructor(private readonly url: string) {}

  token(appid: string, refresh = false): Promise<{ access_token: string; expires_in: number }> {
    return this.ask('GET', `token?appid=${appid}${refresh ? '&refresh=1' : ''}`);
  }

  app(appid: string): Promise<Written<MiniProgram>> {
    return this.ask('GET', `apps/${appid}`);
  }

  /** The mini-programs with a commit, in the order in which they were first called. */
  async apps(): Promise<AppOverview[]> {
    return (await this.ask<{ apps: AppOverview[] }>('GET', 'apps')).apps;
  }

  patch(appid: string, settings: z.input<typeof appPatch>): Promise<Written<MiniProgram>> {
    return this.ask('PATCH', `apps/${appid}`, settings);
  }

  decide(appid: string, decision: z.input<typeof auditDecision>): Promise<Written<Audit>> {
    return this.ask('POST', `apps/${appid}/audit`, decision);
  }

  /** A change by the owner of the mini-program, outside the platform; throws if WeChat rejects it. */
  byHand(appid: string, change: z.input<typeof byHandBody>): Promise<Written<MiniProgram>> {
    return this.ask('POST', `apps/${appid}/by-hand`, change);
  }

  /** The filing changes, and in component mode the platform gets its event. */
  setFiling(appid: string, filing: z.input<typeof filingBody>): Promise<Filing> {
    return this.ask('POST', `apps/${appid}/filing`, filing);
  }

  /** Decides the application for a private interface, and sends its event. */
  decideInterface(appid: string, decision: z.input<typeof interfaceBody>): Promise<PrivacyInterface[]> {
    return this.ask('POST', `apps/${appid}/interfaces`, decision);
  }

  push(appid: string, push: z.input<typeof pushBody>): Promise<PushResponse & { answers: PushResponse[] }> {
    return this.ask('POST', `apps/${appid}/push`, push);
  }

  platform(): Promise<Platform> {
    return this.ask('GET', 'platform');
  }

  patchPlatform(settings: z.input<typeof platformPatch>): Promise<Platform> {
    return this.ask('PATCH', 'platform', settings);
  }

  component(): Promise<ComponentView> {
    return this.ask('GET', 'component');
  }

  patchComponent(settings: z.input<typeof componentPatch>): Promise<ComponentView> {
    return this.ask('PATCH', 'component', settings);
  }

  /** Sends a callback to the URL of authorization events; by default a new ticket. */
  pushOfComponent(
    push: Partial<z.input<typeof pushBody>> = {},
  ): Promise<PushResponse & { answers: PushResponse[] }> {
    return this.ask('POST', 'component/push', { event: 'component_verify_ticket', ...push });
  }

  /** WeChat's check of 全网发布, of the test version if there is one: whether a text was answered at once, and another one by the customer-service API. */
  checkPublishing(): Promise<{ text: boolean; api: boolean }> {
    return this.ask('POST', 'publish-check');
  }

  /** Sends callbacks at a steady rate; replaces the load that runs. */
  async startLoad(load: z.input<typeof callbackLoadBody>): Promise<void> {
    await this.ask('POST', 'load', load);
  }

  /** Of the load that was started last. */
  load(): Promise<ReturnType<CallbackLoad['view']>> {
    return this.ask('GET', 'load');
  }

  async stopLoad(): Promise<void> {
    await this.ask('DELETE', 'load');
  }

  /** The callbacks of that load that were accepted or given up. */
  async loadResults(): Promise<LoadResult[]> {
    const all: LoadResult[] = [];
    for (;;) {
      const query = `after=${all.length}&limit=100000`;
      const { results } = await this.ask<{ results: LoadResult[] }>('GET', `load/results?${query}`);
      if (results.length === 0) return all;
      // More than a call may have as arguments.
      for (const each of results) all.push(each);
    }
  }

  /** Changes the URLs that are live at WeChat. @param secrets token and key, if they change too. */
  async registerUrl(
    callbackUrl: string,
    authorizationUrl?: string,
    secrets: Pick<z.input<typeof callbackUrlBody>, 'callbackToken' | 'encodingAesKey'> = {},
  ): Promise<void> {
    await this.ask('PUT', 'callback-url', { callbackUrl, authorizationUrl, ...secrets });
  }

  /** Changes the test version of the URLs, which is for the listed accounts. */
  async registerTestUrl(version: z.input<typeof testUrlBody>): Promise<void> {
    await this.ask('PUT', 'test-callback-url', version);
  }

  /** 全网发布: the test version becomes live. Throws if it was not checked. */
  async publish(): Promise<void> {
    await this.ask('POST', 'publish');
  }

  /** The customer authorizes the platform, or changes the authorization. */
  authorize(appid: string, authorization: z.input<typeof authorizationBody> = {}): Promise<Authorized> {
    return this.ask('POST', `apps/${appid}/authorization`, authorization);
  }

  /** That many customers authorize the platform. Returns their appids. */
  async authorizeMany(customers: z.input<typeof authorizeManyBody>): Promise<string[]> {
    return (await this.ask<{ appids: string[] }>('POST', 'authorize', customers)).appids;
  }

  authorization(appid: string): Promise<Authorization> {
    return this.ask('GET', `apps/${appid}/authorization`);
  }

  /** The customer withdraws the authorization. */
  async unauthorize(appid: string, withdrawal: z.input<typeof withdrawalBody> = {}): Promise<void> {
    await this.ask('DELETE', `apps/${appid}/authorization`, withdrawal);
  }

  addFault(fault: FaultOrder): Promise<FaultStatus> {
    return this.ask('POST', 'faults', fault);
  }

  fault(id: string): Promise<FaultStatus> {
    return this.ask('GET', `faults/${id}`);
  }

  releaseFault(id: string): Promise<{ released: number }> {
    return this.ask('POST', `faults/${id}/release`);
  }

  /** Deletes one fault, or all. */
  async clearFaults(id?: string): Promise<void> {
    await this.ask('DELETE', id === undefined ? 'faults' : `faults/${id}`);
  }

  async setLimits(limits: z.input<typeof limitsBody>): Promise<void> {
    await this.ask('PUT', 'limits', limits);
  }

  /** All ledger entries after `after`, from as many pages as needed. */
  async ledger(filter: LedgerFilter = {}): Promise<LedgerEntry[]> {
    const all: LedgerEntry[] = [];
    for (let after = filter.after ?? 0; ; ) {
      const query = new URLSearchParams({ ...filter, after: String(after) });
      const page = await this.ask<{ entries: LedgerEntry[]; next: number }>('GET', `ledger?${query}`);
      if (page.entries.length === 0) return all;
      all.push(...page.entries);
      after = page.next;
    }
  }

  async calls(filter: LedgerFilter = {}): Promise<CallEntry[]> {
    return (await this.ledger(filter)).filter((entry) => entry.kind === 'call');
  }

  async pushes(filter: Omit<LedgerFilter, 'api'> = {}): Promise<PushEntry[]> {
    return (await this.ledger({ ...filter, api: 'push' })).filter((entry) => entry.kind === 'push');
  }

  summary(appid?: string): Promise<SummaryView> {
    return this.ask('GET', `ledger/summary${appid === undefined ? '' : `?appid=${appid}`}`);
  }

  /** How often each API was called for each mini-program, or for one; entries that were dropped are counted. */
  callCounts(appid?: string): Promise<CallCounts> {
    return this.ask('GET', `ledger/calls${appid === undefined ? '' : `?appid=${appid}`}`);
  }

  async clearLedger(): Promise<void> {
    await this.ask('DELETE', 'ledger');
  }

  async reset(): Promise<void> {
    await this.ask('POST', 'reset');
  }

  private async ask<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    // A connection that is kept open may be closed by a slow simulator as the request is sent.
    const init: RequestInit = { method, headers: { connection: 'close' } };
    if (body !== undefined) init.body = JSON.stringify(body);
    const response = await fetch(`${this.url}/sim/${path}`, init).catch((error: Error) => {
      throw new Error(`${method} /sim/${path}: ${error.cause ?? error}`, { cause: error });
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} /sim/${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  }
}
