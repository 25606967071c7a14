/** Instants are epoch milliseconds with microseconds as decimals, from one monotonic clock. */
export interface CallEntry {
  kind: 'call';
  seq: number;
  /** null if the token was rejected. */
  appid: string | null;
  api: string;
  verb: string;
  /** As sent, without the access token. */
  query: string;
  /** As sent. */
  body: string;
  contentType: string | null;
  startedAt: number;
  effectAt: number | null;
  /** When the response was sent or the caller disconnected. */
  endedAt: number | null;
  /** null while open, and if no readable errcode was sent. */
  errcode: number | null;
  effect: string | null;
  fault: string | null;
}

export interface PushEntry {
  kind: 'push';
  seq: number;
  appid: string;
  event: string;
  mode: 'secure' | 'plain';
  /** 1 for the first attempt. */
  attempt: number;
  /** Of what the platform has registered. */
  version: 'live' | 'test';
  /** The XML before encryption. */
  body: string;
  startedAt: number;
  endedAt: number | null;
  status: number | null;
  /** The response of the callback (its first 1,000 characters), or why there was none. */
  answer: string | null;
  /** The decrypted message of an encrypted response. */
  reply?: string;
}

export type LedgerEntry = CallEntry | PushEntry;
