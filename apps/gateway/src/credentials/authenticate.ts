import type { PeerCertificate } from 'node:tls';
import type { MetadataValue } from '@grpc/grpc-js';
import { type Caller, certificateKeys, type Found, isApiKey, jwtKeys, type Policy } from '@wxa/policy';
import { AuthenticationFailed, type CredentialKind } from './authentication-failed.js';
import type { JsonWebTokens, VerifiedToken } from './json-web-tokens.js';
import { namesIn } from './peer-names.js';

const BEARER = /^bearer +(\S+)$/i;

/** A verified credential, whose caller the policy in force decides. */
export interface Principal {
  kind: CredentialKind;
  /** Milliseconds since 1970; Infinity if the credential itself does not expire. */
  expiresAtMs: number;
  find(policy: Policy, nowMs: number): Found;
}

/** Verifies the credential of a call. */
export class Authenticator {
  /** Of certificates and tokens, which are the same objects at each call. */
  readonly #principals = new WeakMap<PeerCertificate | VerifiedToken, Principal>();

  /** @param tokens undefined if JWTs are not configured: then none is valid. @param now milliseconds since 1970. */
  constructor(
    private readonly tokens: JsonWebTokens | undefined,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * The principal of a call. If there is an `authorization` header it decides, even if it is invalid and the certificate is
   * valid. Throws or rejects with AuthenticationFailed; returns at once unless a signature must be verified.
   * @param authorization the values of the header.
   * @param peerCertificate returns the verified certificate of the client.
   */
  identify(
    authorization: readonly MetadataValue[],
    peerCertificate: () => PeerCertificate | undefined,
  ): Principal | Promise<Principal> {
    if (authorization.length > 0) return this.#bearer(authorization);
    const certificate = peerCertificate();
    if (certificate === undefined) throw new AuthenticationFailed('none', 'missing');
    const principal =
      this.#principals.get(certificate) ?? this.#remember(certificate, principalOf(certificate));
    // TLS has verified it when the connection was opened, which can be long ago.
    if (this.now() >= principal.expiresAtMs) throw new AuthenticationFailed('mtls', 'expired');
    return principal;
  }

  #bearer(values: readonly MetadataValue[]): Principal | Promise<Principal> {
    const [, token] = (values.length === 1 && BEARER.exec(String(values[0]))) || [];
    if (token === undefined) throw new AuthenticationFailed('none', 'invalid');
    if (isApiKey(token))
      return {
        kind: 'api_key',
        expiresAtMs: Number.POSITIVE_INFINITY,
        find: (policy, nowMs) => policy.callerOfApiKey(token, nowMs),
      };
    if (this.tokens === undefined) throw new AuthenticationFailed('jwt', 'invalid');
    const verified = this.tokens.verify(token);
    const toPrincipal = (valid: VerifiedToken) =>
      this.#principals.get(valid) ?? this.#remember(valid, bearerOf(valid));
    return verified instanceof Promise ? verified.then(toPrincipal) : toPrincipal(verified);
  }

  #remember(credential: PeerCertificate | VerifiedToken, principal: Principal): Principal {
    this.#principals.set(credential, principal);
    return principal;
  }
}

function principalOf(certificate: PeerCertificate): Principal {
  const names = namesIn(certificate);
  if (names === undefined) throw new AuthenticationFailed('mtls', 'invalid');
  const keys = certificateKeys(names);
  const expiresAtMs = Date.parse(certificate.valid_to);
  return { kind: 'mtls', expiresAtMs, find: (policy) => policy.callerOf(keys) };
}

function bearerOf({ issuer, subject, expiresAtMs, isRevoked }: VerifiedToken): Principal {
  const keys = jwtKeys(issuer, subject);
  return { kind: 'jwt', expiresAtMs, find: (policy) => (isRevoked() ? 'unknown' : policy.callerOf(keys)) };
}

/** The caller of a principal under a policy. Throws AuthenticationFailed if there is none. */
export function callerUnder(policy: Policy, { kind, find }: Principal, nowMs: number): Caller {
  const found = find(policy, nowMs);
  if (found === 'expired') throw new AuthenticationFailed(kind, 'expired');
  if (typeof found === 'string')
    throw new AuthenticationFailed(kind, found === 'ambiguous' ? 'invalid' : 'unknown');
  return found.caller;
}
