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
  /** Checks now whether a mini-program that needs authorization has a token. Resolves to whether it has. */
  recheckNow?(appid: string): Promise<boolean>;
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
