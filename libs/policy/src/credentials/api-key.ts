import { hash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

const PREFIX = 'wxa_';
const FORMAT = /^wxa_([a-z0-9]{8})_[A-Za-z0-9_-]{43}$/;
const ID_CHARACTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';
const ID_LENGTH = 8;
const SECRET_BYTES = 32;
const DAY_MS = 86_400_000;

/** A new API key consists of the key, which is stored nowhere, and what the policy file has of it. */
export interface NewApiKey {
  key: string;
  id: string;
  /** This is the SHA-256 of the whole key, in hex. */
  sha256: string;
}

/** An API key as the policy file holds it. */
export interface StoredApiKey {
  id: string;
  sha256: string;
  /** Milliseconds since 1970 at which it expires; Infinity if it does not. */
  expiresAtMs: number;
}

/** Whether a bearer token is meant to be an API key; any other is a JWT. */
export function isApiKey(token: string): boolean {
  return token.startsWith(PREFIX);
}

/** Returns the id in an API key; undefined if the key is malformed. */
export function apiKeyId(key: string): string | undefined {
  return FORMAT.exec(key)?.[1];
}

/** Whether a key is the one that is stored. Takes the same time wherever the two differ. */
export function isSameKey(key: string, stored: Pick<StoredApiKey, 'sha256'>): boolean {
  return timingSafeEqual(sha256(key), Buffer.from(stored.sha256, 'hex'));
}

/** Creates an API key. A plain hash of it is sufficient, because the secret has 256 random bits. */
export function newApiKey(): NewApiKey {
  const id = Array.from({ length: ID_LENGTH }, () => ID_CHARACTERS[randomInt(ID_CHARACTERS.length)]).join('');
  const key = `${PREFIX}${id}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  return { key, id, sha256: sha256(key).toString('hex') };
}

/** The end of a date, `YYYY-MM-DD`, in UTC as milliseconds since 1970; undefined if there is no such date. */
export function endOfDateMs(date: string): number | undefined {
  const startMs = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(startMs) || new Date(startMs).toISOString().slice(0, 10) !== date) return undefined;
  return startMs + DAY_MS;
}

function sha256(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
