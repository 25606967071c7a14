export type TokenAnswer =
  | { kind: 'token'; token: string }
  /** The mini-program has not authorized the platform; `why` if the source knows the reason. */
  | { kind: 'not-authorized'; why?: string }
  /** The source failed; a retry may succeed. */
  | { kind: 'unavailable'; why: string };

/** A source of access tokens: those of mini-programs, and the platform's own under its own appid. */
export interface TokenSource {
  /** The token of a mini-program, cached while it is valid. */
  get(appid: string): Promise<TokenAnswer>;
  /** A newer token than the one that WeChat rejected; the same one if there is no newer. */
  refresh(appid: string, rejected: string): Promise<TokenAnswer>;
  /** WeChat answered to a call with this token that the mini-program's authorization is lost. */
  markNeedsAuthorization?(appid: string, rejected: string, why: string): Promise<void>;
}

/** Fixed tokens, for development; key `*` applies to all other mini-programs. */
export class StaticTokens implements TokenSource {
  constructor(private readonly tokens: Record<string, string>) {}

  async get(appid: string): Promise<TokenAnswer> {
    const token = Object.hasOwn(this.tokens, appid) ? this.tokens[appid] : this.tokens['*'];
    return token === undefined ? { kind: 'not-authorized' } : { kind: 'token', token };
  }

  refresh(appid: string): Promise<TokenAnswer> {
    return this.get(appid);
  }
}

/** A token with less remaining time is refreshed in the background. */
const EARLY_MS = 10 * 60_000;
/** A token with less remaining time is not used: the call may be sent some time later. */
const MIN_MS = 30_000;

/** The remaining validity of a token, and its validity when it was granted. */
export interface Life {
  remainingMs: number;
  grantedMs: number;
}

/** Whether a token may be used. The simulator's tokens may be valid for less than WeChat's 2 hours. */
export function mayBeUsed({ remainingMs, grantedMs }: Life): boolean {
  return remainingMs > Math.min(MIN_MS, grantedMs / 10);
}

/** Whether a token should be refreshed. */
export function isEndingSoon({ remainingMs, grantedMs }: Life): boolean {
  return remainingMs < Math.min(EARLY_MS, grantedMs / 4);
}
