import type { SimConfig } from '../config.js';
import type { Api } from '../wechat/api-table.js';
import { Vouchers } from './vouchers.js';

const TICKET_LIFE_MS = 12 * 3_600_000;
const PRE_AUTH_CODE_LIFE_MS = 1_800_000;
const CODE_LIFE_MS = 3_600_000;
/** A refresh token has no end of its own. */
const NEVER = Number.POSITIVE_INFINITY;

/** "Development and data analysis": without it no code-management API may be called. */
const CODE_MANAGEMENT = 18;

/** What the control API can change; the environment says how it begins. Times in milliseconds. */
export type ComponentSettings = Pick<
  SimConfig,
  'ticketIntervalMs' | 'tokenLifeMs' | 'refreshTokens' | 'refreshGraceMs'
> & { codeLifeMs: number };

/** What a mini-program authorized. */
export interface Authorization {
  appid: string;
  permissionSets: number[];
  authorizedAt: number;
  /** The one given out last; null until a code was exchanged. */
  refreshToken: string | null;
}

/** The tokens an exchange or a refresh gave. */
export interface IssuedTokens {
  token: string;
  refreshToken: string;
}

/** A voucher as JSON has it: an instant that is null never comes; the appid is null for what is the platform's own. */
type KeptVoucher = [value: string, appid: string | null, expiresAt: number | null, unknownAt: number | null];

/** All that was given out and who authorized the platform. */
export interface Remembered {
  authorizations: Authorization[];
  latestTokens: [appid: string, token: string][];
  /** By kind. */
  vouchers: Record<string, KeptVoucher[]>;
}

/** A third-party platform as WeChat knows it: its tickets and tokens, and who authorized it. */
export class Component {
  settings: ComponentSettings;
  /** Told of whatever a restart must not forget. */
  onChange: () => void = () => undefined;
  private readonly changed = () => this.onChange();
  private readonly tickets = new Vouchers<null>('ticket@@@', this.changed);
  private readonly preAuthCodes = new Vouchers<null>('preauthcode@@@', this.changed);
  private readonly codes = new Vouchers<Authorization>('queryauthcode@@@', this.changed);
  private readonly refreshTokens = new Vouchers<Authorization>('refreshtoken@@@', this.changed);
  /** The platform's own (null) and those of the mini-programs. */
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

  /** Whose token it is, or the errcode it is refused with by this API. */
  admit(token: string | null, api: Api, now: number): string | number {
    if (!token) return 41001;
    const found = this.tokens.look(token, now);
    if (found === 'unknown') return 40001;
    if (found === 'expired') return 42001;
    return found.of === null ? this.admitOwn(api) : this.admitAuthorizer(found.of, api);
  }

  private admitOwn(api: Api): string | number {
    return api.token === 'component' ? this.appid : 61015;
  }

  private admitAuthorizer(authorization: Authorization, api: Api): string | number {
    if (!this.isCurrent(authorization)) return 40001;
    if (api.token === 'component') return 61014;
    return authorization.permissionSets.includes(CODE_MANAGEMENT) ? authorization.appid : 61007;
  }

  /** What was withdrawn stays so, also when the mini-program authorizes again. */
  private isCurrent(authorization: Authorization): boolean {
    return this.authorizations.get(authorization.appid) === authorization;
  }

  newTicket(now: number): string {
    return this.tickets.issue(null, now + TICKET_LIFE_MS);
  }

  /** 61006 for a ticket that never was, 61005 for one that is over; 0 for one that holds. */
  checkTicket(ticket: unknown, now: number): number {
    const found = this.tickets.look(ticket, now);
    if (found === 'unknown') return 61006;
    return found === 'expired' ? 61005 : 0;
  }

  expireTickets(now: number): void {
    this.tickets.expire(now);
  }

  /** A new token of the platform itself. */
  newOwnToken(now: number): string {
    return this.newToken(this.appid, null, now);
  }

  /** It takes the place of the one before, which holds for the time of grace. */
  private newToken(appid: string, of: Authorization | null, now: number): string {
    const { tokenLifeMs, refreshGraceMs } = this.settings;
    this.tokens.forget(this.latestTokens.get(appid) ?? '', now + refreshGraceMs);
    const token = this.tokens.issue(of, now + tokenLifeMs);
    this.latestTokens.set(appid, token);
    return token;
  }

  /** Makes the latest token of the platform or a mini-program answer 42001. */
  expireToken(appid: string, now: number): void {
    this.tokens.expire(now, this.latestTokens.get(appid) ?? '');
  }

  newPreAuthCode(now: number): { code: string; lifeMs: number } {
    return {
      code: this.preAuthCodes.issue(null, now + PRE_AUTH_CODE_LIFE_MS),
      lifeMs: PRE_AUTH_CODE_LIFE_MS,
    };
  }

  /** Uses up the code of a link; false where it does not hold. */
  takePreAuthCode(code: string, now: number): boolean {
    const holds = typeof this.preAuthCodes.look(code, now) === 'object';
    this.preAuthCodes.forget(code, now);
    return holds;
  }

  authorization(appid: string): Authorization | undefined {
    return this.authorizations.get(appid);
  }

  all(): Authorization[] {
    return [...this.authorizations.values()];
  }

  /** A mini-program authorizes, or changes what it authorizes; gives the code for api_query_auth. */
  authorize(appid: string, permissionSets: number[], now: number): { code: string; expiresAt: number } {
    const authorization = this.authorizations.get(appid) ?? { appid, refreshToken: null };
    const current = Object.assign(authorization, { permissionSets, authorizedAt: now });
    this.authorizations.set(appid, current);
    const expiresAt = now + this.settings.codeLifeMs;
    return { code: this.codes.issue(current, expiresAt), expiresAt };
  }

  /** Withdraws it: codes, tokens and refresh tokens of the mini-program hold no more. */
  unauthorize(appid: string): boolean {
    const withdrawn = this.authorizations.delete(appid);
    this.changed();
    return withdrawn;
  }

  /** Exchanges a code, once: 61009 for one that is none or was used, 61010 for one that is over. */
  queryAuth(code: unknown, now: number): (Authorization & IssuedTokens) | number {
    const found = this.codes.look(code, now);
    if (found === 'expired') return 61010;
    if (found === 'unknown' || !this.isCurrent(found.of)) return 61009;
    this.codes.forget(String(code), now);
    return { ...found.of, ...this.issueBoth(found.of, now) };
  }

  /** The next token: 61003 for a mini-program that has not authorized, 61023 for a refresh token that does not hold. */
  refresh(appid: unknown, refreshToken: unknown, now: number): IssuedTokens | number {
    const authorization = this.authorizations.get(String(appid));
    if (!authorization) return 61003;
    const found = this.refreshTokens.look(refreshToken, now);
    if (typeof found === 'string' || found.of !== authorization) return 61023;
    if (this.settings.refreshTokens === 'rotate') return this.issueBoth(authorization, now);
    const token = this.newToken(authorization.appid, authorization, now);
    return { token, refreshToken: String(refreshToken) };
  }

  private issueBoth(authorization: Authorization, now: number): IssuedTokens {
    const { appid } = authorization;
    this.refreshTokens.forget(authorization.refreshToken ?? '', now + this.settings.refreshGraceMs);
    authorization.refreshToken = this.refreshTokens.issue(authorization, NEVER);
    return { token: this.newToken(appid, authorization, now), refreshToken: authorization.refreshToken };
  }

  /** The refresh token of a mini-program holds no more, though it is still authorized. */
  endRefreshToken(appid: string, now: number): void {
    this.refreshTokens.forget(this.authorizations.get(appid)?.refreshToken ?? '', now);
  }

  clear(): void {
    this.settings = this.initialSettings();
    this.latestTokens.clear();
    this.authorizations.clear();
    for (const kind of Object.values(this.kinds())) kind.clear();
  }

  /** What a restart must not forget, for `restore`; in plain JSON. */
  remembered(now: number): Remembered {
    const isKept = (of: Authorization | null) => of === null || this.isCurrent(of);
    const kept = Object.entries(this.kinds()).map(([kind, vouchers]): [string, KeptVoucher[]] => [
      kind,
      vouchers
        .list(now)
        .filter(([, { of }]) => isKept(of))
        .map(([value, { of, expiresAt, unknownAt }]) => [value, of?.appid ?? null, expiresAt, unknownAt]),
    ]);
    return {
      authorizations: this.all(),
      latestTokens: [...this.latestTokens],
      vouchers: Object.fromEntries(kept),
    };
  }

  restore({ authorizations, latestTokens, vouchers }: Remembered): void {
    for (const one of authorizations) this.authorizations.set(one.appid, one);
    for (const [appid, token] of latestTokens) this.latestTokens.set(appid, token);
    for (const [kind, into] of Object.entries(this.kinds())) {
      for (const [value, appid, expiresAt, unknownAt] of vouchers[kind] ?? []) {
        const of = appid === null ? null : (this.authorizations.get(appid) ?? null);
        into.restore(value, { of, expiresAt: expiresAt ?? NEVER, unknownAt: unknownAt ?? NEVER });
      }
    }
  }

  private kinds(): Record<string, Vouchers<Authorization | null>> {
    const { tickets, preAuthCodes, codes, refreshTokens, tokens } = this;
    return { tickets, preAuthCodes, codes, refreshTokens, tokens };
  }

  private initialSettings(): ComponentSettings {
    const { ticketIntervalMs, tokenLifeMs, refreshTokens, refreshGraceMs } = this.config;
    return { ticketIntervalMs, tokenLifeMs, refreshTokens, refreshGraceMs, codeLifeMs: CODE_LIFE_MS };
  }
}
