import type { CookieOptions, Response } from 'express';
import { type ConsoleSettings, publicUrl } from '../config.js';

/** The application sets that of the language. */
type Cookie = 'session' | 'singleSignOn' | 'language';

/** Reads cookies, and sets them with the flags of each. */
export class Cookies {
  readonly #names: Record<Cookie, string>;
  readonly #flags: Record<Exclude<Cookie, 'language'>, CookieOptions>;

  constructor(settings: ConsoleSettings) {
    // The settings allow http on this machine only.
    const secure = publicUrl(settings).protocol === 'https:';
    // Only the console's own host may set such a cookie: a sibling domain could plant a session otherwise. Browsers keep them with https only.
    const own = secure ? '__Host-' : '';
    this.#names = {
      session: `${own}wxa_session`,
      singleSignOn: `${own}wxa_single_sign_on`,
      language: 'wxa_language',
    };
    // A browser that comes back from the issuer sends no strict cookies.
    const sameSite = settings.OIDC_ISSUER === undefined ? 'strict' : 'lax';
    this.#flags = {
      session: { httpOnly: true, sameSite, secure },
      singleSignOn: { httpOnly: true, sameSite: 'lax', secure },
    };
  }

  set(response: Response, cookie: Exclude<Cookie, 'language'>, value: string, seconds: number): void {
    response.cookie(this.#names[cookie], value, { ...this.#flags[cookie], maxAge: seconds * 1000 });
  }

  /** Makes the browser forget a cookie. */
  clear(response: Response, cookie: Exclude<Cookie, 'language'>): void {
    this.set(response, cookie, '', 0);
  }

  /** The cookies of a request. @param header its header `cookie`. */
  of(header = ''): (cookie: Cookie) => string | undefined {
    const pairs = header.split(';').map((pair) => pair.trim().split('=', 2) as [string, string?]);
    const values = new Map(pairs.map(([name, value = '']) => [name, value]));
    return (cookie) => values.get(this.#names[cookie]);
  }
}
