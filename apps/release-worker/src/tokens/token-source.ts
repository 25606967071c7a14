/** What became of the wish for a token. */
export type TokenAnswer =
  | { kind: 'token'; token: string }
  /** The platform has no authorization of this mini-program. */
  | { kind: 'not-authorized' }
  /** The source did not answer as it should; a later try may help. */
  | { kind: 'unavailable'; why: string };

/** Where the authorizer access tokens come from. */
export interface TokenSource {
  /** The token of a mini-program, from memory where it still holds. */
  get(appid: string): Promise<TokenAnswer>;
  /** A newer token than the one WeChat refused; the same one again where there is no newer. */
  refresh(appid: string, refused: string): Promise<TokenAnswer>;
}
