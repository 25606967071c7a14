import { hash } from 'node:crypto';
import { calculateJwkThumbprint, errors, type JWTPayload, jwtVerify } from 'jose';
import { AuthenticationFailed } from './authentication-failed.js';
import type { KeySet } from './key-set.js';

const TOLERANCE_S = 5;
const MAX_CACHED = 10_000;

/** A verified token. */
export interface VerifiedToken {
  issuer: string;
  subject: string;
  /** `exp`, in milliseconds since 1970. */
  expiresAtMs: number;
  /** Whether the key that signed it has been taken out of the key set since. */
  isRevoked(): boolean;
}

export interface TokenRules {
  issuer: string;
  audience: string;
  algorithms: string[];
}

/** Verifies JWTs, and remembers verified ones until they expire or the key set changes. */
export class JsonWebTokens {
  /** By SHA-256, so that no token is kept in memory; oldest first. */
  readonly #verified = new Map<string, VerifiedToken>();

  /** @param now milliseconds since 1970. */
  constructor(
    private readonly keySet: KeySet,
    private readonly rules: TokenRules,
    private readonly now: () => number = Date.now,
  ) {
    keySet.onChange(() => this.#verified.clear());
  }

  /** Returns a remembered token at once. Throws or rejects with AuthenticationFailed. */
  verify(token: string): VerifiedToken | Promise<VerifiedToken> {
    if (this.keySet.keys === undefined) throw unavailable();
    const key = hash('sha256', token, 'base64');
    const known = this.#verified.get(key);
    if (known !== undefined && this.now() < known.expiresAtMs) return known;
    return this.#verify(token, key);
  }

  async #verify(token: string, key: string): Promise<VerifiedToken> {
    const { keys } = this.keySet;
    const { payload, thumbprint } = await this.#read(token)
      .catch(async (error: unknown) => {
        const isUnknownKey = error instanceof errors.JWKSNoMatchingKey;
        if (!isUnknownKey || !(await this.keySet.refreshForUnknownKey())) throw error;
        return this.#read(token);
      })
      .catch((error: unknown) => {
        throw failureOf(error);
      });
    const { iss = '', sub = '', exp = 0 } = payload;
    const isRevoked = () => !this.keySet.has(thumbprint);
    const verified = { issuer: iss, subject: sub, expiresAtMs: exp * 1000, isRevoked };
    // The key set may have been replaced in the meantime.
    if (this.keySet.keys === keys) this.#remember(key, verified);
    return verified;
  }

  async #read(token: string): Promise<{ payload: JWTPayload; thumbprint: string }> {
    const { keys } = this.keySet;
    if (keys === undefined) throw unavailable();
    const { payload, key } = await jwtVerify(token, keys, {
      ...this.rules,
      requiredClaims: ['exp', 'sub'],
      clockTolerance: TOLERANCE_S,
      currentDate: new Date(this.now()),
    });
    if (payload.sub === '') throw new errors.JWTClaimValidationFailed('sub is empty', payload, 'sub');
    return { payload, thumbprint: await calculateJwkThumbprint(key) };
  }

  #remember(key: string, verified: VerifiedToken): void {
    this.#verified.delete(key);
    this.#verified.set(key, verified);
    const [oldest] = this.#verified.keys();
    if (this.#verified.size > MAX_CACHED && oldest !== undefined) this.#verified.delete(oldest);
  }
}

function failureOf(error: unknown): AuthenticationFailed {
  if (error instanceof AuthenticationFailed) return error;
  return error instanceof errors.JWTExpired
    ? new AuthenticationFailed('jwt', 'expired')
    : new AuthenticationFailed('jwt', 'invalid');
}

function unavailable(): AuthenticationFailed {
  return new AuthenticationFailed('jwt', 'unavailable');
}
