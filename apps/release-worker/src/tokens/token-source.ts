/** What became of the wish for a token. */
export type TokenAnswer =
  | { kind: 'token'; token: string }
  /** The platform has no authorization of this mini-program; `why`, where the source knows. */
  | { kind: 'not-authorized'; why?: string }
  /** The source did not answer as it should; a later try may help. */
  | { kind: 'unavailable'; why: string };

/** Where access tokens come from: those of mini-programs, and the platform's own under its own appid. */
export interface TokenSource {
  /** The token of a mini-program, from memory where it still holds. */
  get(appid: string): Promise<TokenAnswer>;
  /** A newer token than the one WeChat refused; the same one again where there is no newer. */
  refresh(appid: string, refused: string): Promise<TokenAnswer>;
  /** WeChat said to a call with this token that the mini-program's authorization is gone. */
  markNeedsAuthorization?(appid: string, refused: string, why: string): Promise<void>;
}
