import type { SimConfig } from '../config.js';
import type { ApiDefinition } from '../model/api.js';
import { NEVER, type PersistedVoucher, persistedVouchers, restoreVouchers } from './persisted-vouchers.js';
import { Vouchers } from './vouchers.js';

const TICKET_LIFE_MS = 12 * 3_600_000;
const PRE_AUTH_CODE_LIFE_MS = 1_800_000;
const CODE_LIFE_MS = 3_600_000;

/** "Development and data analysis": without this permission set no code-management API may be called. */
const CODE_MANAGEMENT = 18;

/**
 * Settings that the control API can change; the environment has their initial values. Times in milliseconds.
 */
export type ComponentSettings = Pick<
  SimConfig,
  'ticketIntervalMs' | 'tokenLifeMs' | 'refreshTokens' | 'refreshGraceMs'
> & {
  codeLifeMs: number;
  /** How many accounts move from the beginning of the list of authorizers to its end after each page that is read. */
  listMoves: number;
};

/** What an account is, and how the list of authorizers has it. */
export interface AccountKind {
  isOfficialAccount?: boolean;
  isListedWithoutToken?: boolean;
}

/** The authorization of a mini-program or of an official account. */
export interface Authorization extends AccountKind {
  appid: string;
  permissionSets: number[];
  authorizedAt: number;
  /** The latest refresh token; null until a code has been exchanged. */
  refreshToken: string | null;
}

/** The tokens of an exchange or a refresh. */
export interface IssuedTokens {
  token: string;
  refreshToken: string;
}

/** All issued vouchers and all authorizations. */
export interface PersistedState {
  authorizations: Authorization[];
  latestTokens: [appid: string, token: string][];
  /** By kind. */
  vouchers: Record<string, PersistedVoucher[]>;
}

/** A third-party platform as WeChat knows it: its tickets, tokens and authorizations. */
export class SimComponent {
  settings: ComponentSettings;
  /** Called after every change that must be persisted. */
  onChange: () => void = () => undefined;
  private readonly changed = () => this.onChange();
  private readonly tickets = new Vouchers<null>('ticket@@@', this.changed);
  private readonly preAuthCodes = new Vouchers<null>('preauthcode@@@', this.changed);
  private readonly codes = new Vouchers<Authorization>('queryauthcode@@@', this.changed);
  private readonly refreshTokens = new Vouchers<Authorization>('refreshtoken@@@', this.changed);
  /** Tokens of the platform (null) and of the mini-programs. */
  private readonly tokens = new Vouchers<Authorization | null>('sim_', this.changed);
  /** By appid. */
  private readonly latestTokens = new Map<string, string>();
  private readonly authorizations = new Map<string, Authorization>();

  constructor(private readonly config: SimConfig) {
    this.settings = this.initialSettings();
  }

  get appid(): string {
    return this.config.componentAppid;
  }

  isSecret(secret: unknown): boolean {
    return secret === this.config.componentAppsecret;
  }

  /** The owner of a token, or the errcode with which this API rejects it. */
  admit(token: string | null, api: ApiDefinition, now: number): string | number {
    if (!token) return 41001;
    const found = this.tokens.find(token, now);
    if (found === 'unknown') return 40001;
    if (found === 'expired') return 42001;
    return found.of === null ? this.admitOwn(api) : this.admitAuthorizer(found.of, api);
  }

  private admitOwn(api: ApiDefinition): string | number {
    return api.token === 'component' ? this.appid : 61015;
  }

  private admitAuthorizer(authorization: Authorization, api: ApiDefinition): string | number {
    if (!this.isCurrent(authorization)) return 40001;
    if (api.token === 'component') return 61014;
    return authorization.permissionSets.includes(CODE_MANAGEMENT) ? authorization.appid : 61007;
  }

  /** Refresh tokens of a withdrawn authorization stay invalid, even after a new one. */
  private isCurrent(authorization: Authorization): boolean {
    return this.authorizations.get(authorization.appid) === authorization;
  }

  newTicket(now: number): string {
    return this.tickets.issue(null, now + TICKET_LIFE_MS);
  }

  /** 0 for a valid ticket, 61006 for an unknown one, 61005 for an expired one. */
  checkTicket(ticket: unknown, now: number): number {
    const found = this.tickets.find(ticket, now);
    if (found === 'unknown') return 61006;
    return found === 'expired' ? 61005 : 0;
  }

  expireTickets(now: number): void {
    this.tickets.expire(now);
  }

  /** Issues a component access token. */
  newComponentToken(now: number): string {
    return this.newToken(this.appid, null, now);
  }

  /** It replaces the previous one, which stays valid for the grace period. */
  private newToken(appid: string, of: Authorization | null, now: number): string {
    const { tokenLifeMs, refreshGraceMs } = this.settings;
    this.tokens.invalidate(this.latestTokens.get(appid) ?? '', now + refreshGraceMs);
    const token = this.tokens.issue(of, now + tokenLifeMs);
    this.latestTokens.set(appid, token);
    return token;
  }

  /** Makes the latest token of the platform or of a mini-program return 42001. */
  expireToken(appid: string, now: number): void {
    this.tokens.expire(now, this.latestTokens.get(appid) ?? '');
  }

  newPreAuthCode(now: number): { code: string; lifeMs: number } {
    return {
      code: this.preAuthCodes.issue(null, now + PRE_AUTH_CODE_LIFE_MS),
      lifeMs: PRE_AUTH_CODE_LIFE_MS,
    };
  }

  /** Consumes the pre-auth code of a link; returns false if it is invalid. */
  consumePreAuthCode(code: string, now: number): boolean {
    const isValid = typeof this.preAuthCodes.find(code, now) === 'object';
    this.preAuthCodes.invalidate(code, now);
    return isValid;
  }

  authorization(appid: string): Authorization | undefined {
    return this.authorizations.get(appid);
  }

  all(): Authorization[] {
    return [...this.authorizations.values()];
  }

  /** A page of all accounts; as at WeChat an account can be on two pages, or on none, if the list changes meanwhile. */
  list(offset: number, count: number): { total: number; page: Authorization[] } {
    const all = this.all();
    const page = all.slice(offset, offset + count);
    for (const each of page) this.withRefreshToken(each);
    for (const moved of all.slice(0, this.settings.listMoves)) {
      this.authorizations.delete(moved.appid);
      this.authorizations.set(moved.appid, moved);
    }
    return { total: all.length, page };
  }

  /** At WeChat an authorization has one, whether its code is exchanged or not. */
  private withRefreshToken(authorization: Authorization): void {
    authorization.refreshToken ??= this.refreshTokens.issue(authorization, NEVER);
  }

  /** Authorizes an account whose code nobody has exchanged. */
  authorizeAs(kind: AccountKind, appid: string, permissionSets: number[], now: number) {
    const authorized = this.authorize(appid, permissionSets, now);
    const authorization = this.authorizations.get(appid);
    if (authorization) this.withRefreshToken(Object.assign(authorization, kind));
    return authorized;
  }

  /** Authorizes a mini-program or changes its authorization; returns the code for api_query_auth. */
  authorize(appid: string, permissionSets: number[], now: number): { code: string; expiresAt: number } {
    const authorization = this.authorizations.get(appid) ?? { appid, refreshToken: null };
    const current = Object.assign(authorization, { permissionSets, authorizedAt: now });
    this.authorizations.set(appid, current);
    const expiresAt = now + this.settings.codeLifeMs;
    return { code: this.codes.issue(current, expiresAt), expiresAt };
  }

  /** Withdraws an authorization: codes, tokens and refresh tokens of the mini-program become invalid. */
  unauthorize(appid: string): boolean {
    const withdrawn = this.authorizations.delete(appid);
    this.changed();
    return withdrawn;
  }

  /** Exchanges a code once: 61009 for an unknown or used one, 61010 for an expired one. */
  queryAuth(code: unknown, now: number): (Authorization & IssuedTokens) | number {
    const found = this.codes.find(code, now);
    if (found === 'expired') return 61010;
    if (found === 'unknown' || !this.isCurrent(found.of)) return 61009;
    this.codes.invalidate(String(code), now);
    return { ...found.of, ...this.issueBoth(found.of, now) };
  }

  /** Issues the next token: 61003 without an authorization, 61023 for an invalid refresh token. */
  refresh(appid: unknown, refreshToken: unknown, now: number): IssuedTokens | number {
    const authorization = this.authorizations.get(String(appid));
    if (!authorization) return 61003;
    const found = this.refreshTokens.find(refreshToken, now);
    if (typeof found === 'string' || found.of !== authorization) return 61023;
    if (this.settings.refreshTokens === 'rotate') return this.issueBoth(authorization, now);
    const token = this.newToken(authorization.appid, authorization, now);
    return { token, refreshToken: String(refreshToken) };
  }

  private issueBoth(authorization: Authorization, now: number): IssuedTokens {
    const { appid } = authorization;
    this.refreshTokens.invalidate(authorization.refreshToken ?? '', now + this.settings.refreshGraceMs);
    authorization.refreshToken = this.refreshTokens.issue(authorization, NEVER);
    return { token: this.newToken(appid, authorization, now), refreshToken: authorization.refreshToken };
  }

  /** Invalidates the refresh token of a mini-program, which stays authorized. */
  endRefreshToken(appid: string, now: number): void {
    this.refreshTokens.invalidate(this.authorizations.get(appid)?.refreshToken ?? '', now);
  }

  clear(): void {
    this.settings = this.initialSettings();
    this.latestTokens.clear();
    this.authorizations.clear();
    for (const kind of Object.values(this.kinds())) kind.clear();
  }

  /** The state to persist, for `restore`; plain JSON. */
  persistedState(now: number): PersistedState {
    const isValid = (of: Authorization | null) => of === null || this.isCurrent(of);
    const persisted = Object.entries(this.kinds()).map(([kind, vouchers]) => [
      kind,
      persistedVouchers(vouchers, isValid, now),
    ]);
    return {
      authorizations: this.all(),
      latestTokens: [...this.latestTokens],
      vouchers: Object.fromEntries(persisted),
    };
  }

  restore({ authorizations, latestTokens, vouchers }: PersistedState): void {
    for (const one of authorizations) this.authorizations.set(one.appid, one);
    for (const [appid, token] of latestTokens) this.latestTokens.set(appid, token);
    const of = (appid: string) => this.authorizations.get(appid);
    for (const [kind, into] of Object.entries(this.kinds())) restoreVouchers(into, vouchers[kind], of);
  }

  private kinds(): Record<string, Vouchers<Authorization | null>> {
    const { tickets, preAuthCodes, codes, refreshTokens, tokens } = this;
    return { tickets, preAuthCodes, codes, refreshTokens, tokens };
  }

  private initialSettings(): ComponentSettings {
    const { ticketIntervalMs, tokenLifeMs, refreshTokens, refreshGraceMs } = this.config;
    return {
      ticketIntervalMs,
      tokenLifeMs,
      refreshTokens,
      refreshGraceMs,
      codeLifeMs: CODE_LIFE_MS,
      listMoves: 0,
    };
  }
}
