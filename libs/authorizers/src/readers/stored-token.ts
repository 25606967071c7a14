import { createHash } from 'node:crypto';
import type { ClientBase, Pool } from 'pg';
import type { AuthorizerState } from '../authorizers.js';
import { placeOf, type TokenContext } from '../sealed-columns.js';
import { type Life, TOKEN_LIFE } from '../token-life.js';

/** Whose token: that of the platform is stored under its own appid in another table. */
export interface TokenOwner {
  appid: string;
  isPlatform: boolean;
}

/** The access token of a mini-program or of the platform, as it is stored now. */
export interface StoredToken extends Life {
  state: AuthorizerState;
  token: string;
  /** By which logs and records name it: 8 hex digits of its SHA-256. */
  tokenId: string;
  /** The encrypted token, which a rotation of the secrets changes too. */
  sealed: string | null;
}

/** Of one without a token. */
export type WithoutToken = Life & Pick<StoredToken, 'state' | 'sealed'> & { token: undefined };

interface Row extends Life {
  state: AuthorizerState;
  sealed: string | null;
}

// A code is exchanged at once, and its token replaces this one.
const OF_AUTHORIZER = `select state, case when code is null then access_token end as sealed, ${TOKEN_LIFE}
  from authorizers where appid = $1`;
const OF_PLATFORM = `select 'AUTHORIZED' as state, access_token as sealed, ${TOKEN_LIFE}
  from components where appid = $1`;

/** The stored token; undefined for a mini-program that never authorized the platform. */
export async function readStoredToken(
  client: ClientBase | Pool,
  { secrets }: Pick<TokenContext, 'secrets'>,
  { appid, isPlatform }: TokenOwner,
): Promise<StoredToken | WithoutToken | undefined> {
  const [name, text, table] = isPlatform
    ? (['read-platform-token', OF_PLATFORM, 'components'] as const)
    : (['read-stored-token', OF_AUTHORIZER, 'authorizers'] as const);
  const { rows } = await client.query<Row>({ name, text, values: [appid] });
  const [row] = rows;
  if (row === undefined) return undefined;
  if (row.sealed === null) return { ...row, token: undefined };
  const token = secrets.open(placeOf(table, appid, 'access_token'), row.sealed);
  return { ...row, token, tokenId: tokenIdOf(token) };
}

/** 8 hex digits of its SHA-256: they identify a token, and say nothing about it. */
function tokenIdOf(token: string): string {
  return createHash('sha256').update(token).digest('hex').slice(0, 8);
}

/** A worker renews a token this long before its end, the platform's included. */
const RENEWED_AHEAD_MS = 600_000;
/** An old token is handed out while there is no newer one, if this share of that time remains: 2 minutes. */
const OLD_SHARE = 1 / 5;
/** The least time for which a token is handed out, as a share of that time: a minute. */
const LEAST_SHARE = 1 / 10;

/** How long before its end a token is renewed: a quarter of a shorter life. */
function renewedAheadMs({ grantedMs }: Life): number {
  return Math.min(RENEWED_AHEAD_MS, grantedMs / 4);
}

/** Whether a token may be handed out although its renewal is due. */
export function mayBeHandedOut(life: Life): boolean {
  return life.remainingMs > OLD_SHARE * renewedAheadMs(life);
}

/** The time until this service renews a token, in whole seconds: at least 60, less for a token whose life is shorter than WeChat's. */
export function expiresInS(life: Life): number {
  const aheadMs = renewedAheadMs(life);
  return Math.max(1, Math.floor(Math.max(life.remainingMs - aheadMs, LEAST_SHARE * aheadMs) / 1000));
}
