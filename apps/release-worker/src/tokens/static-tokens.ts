import type { TokenAnswer, TokenSource } from './token-source.js';

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
