/** A token that ends sooner is refreshed while it is still given out. */
const EARLY_MS = 10 * 60_000;
/** One that ends sooner is not given out: it may be a while until the call is sent. */
const LEAST_MS = 30_000;

/** How long a token still holds, and held when it was had. */
export interface Life {
  remainingMs: number;
  grantedMs: number;
}

/** Whether a token may be given out. A stand-in's tokens may live shorter than WeChat's two hours. */
export function mayBeUsed({ remainingMs, grantedMs }: Life): boolean {
  return remainingMs > Math.min(LEAST_MS, grantedMs / 10);
}

/** Whether the next token should be had by now. */
export function isEndingSoon({ remainingMs, grantedMs }: Life): boolean {
  return remainingMs < Math.min(EARLY_MS, grantedMs / 4);
}
