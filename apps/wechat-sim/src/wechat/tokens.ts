import { randomBytes } from 'node:crypto';

/** The lifetime that WeChat returns: two hours. */
const LIFETIME_MS = 7200_000;
const STATIC = 'sim-token:';
export const APPID_PATTERN = /^wx[0-9a-f]{16}$/;

interface Token {
  value: string;
  appid: string;
  expiresAt: number;
  /** Expired on request: WeChat rejects it while the token service still returns it. */
  expired: boolean;
}

/** The access tokens of all mini-programs; each has one valid token, as after a refresh at WeChat. */
export class Tokens {
  private readonly byValue = new Map<string, Token>();
  private readonly byAppid = new Map<string, Token>();

  /** The appid's token; a new one if it has none, it has expired, or `refresh` is set. */
  issue(appid: string, refresh: boolean, now: number): { access_token: string; expires_in: number } {
    const known = this.byAppid.get(appid);
    const token = known && !refresh && known.expiresAt > now ? known : this.replace(appid, now);
    return { access_token: token.value, expires_in: Math.ceil((token.expiresAt - now) / 1000) };
  }

  private replace(appid: string, now: number): Token {
    const old = this.byAppid.get(appid);
    if (old) this.byValue.delete(old.value);
    const value = `sim_${randomBytes(48).toString('base64url')}`;
    const token = { value, appid, expiresAt: now + LIFETIME_MS, expired: false };
    this.byValue.set(value, token);
    this.byAppid.set(appid, token);
    return token;
  }

  /** The owner of a token, or the errcode: 41001 none, 42001 expired, 40001 unknown or no longer the latest. */
  check(value: string | null, now: number): string | number {
    if (!value) return 41001;
    if (value.startsWith(STATIC)) {
      const appid = value.slice(STATIC.length);
      return APPID_PATTERN.test(appid) ? appid : 40001;
    }
    const token = this.byValue.get(value);
    if (!token) return 40001;
    return token.expired || token.expiresAt <= now ? 42001 : token.appid;
  }

  /**
   * Makes the appid's token return 42001 from now on; the token service issues a new one only on `refresh=1`.
   */
  expire(appid: string): void {
    const token = this.byAppid.get(appid);
    if (token) token.expired = true;
  }

  clear(): void {
    this.byValue.clear();
    this.byAppid.clear();
  }
}
