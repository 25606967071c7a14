import type { PeerCertificate } from 'node:tls';
import type { MetadataValue } from '@grpc/grpc-js';
import { type Caller, type Found, isApiKey, type Policy } from '@wxa/policy';
import { AuthenticationFailed, type CredentialKind } from './authentication-failed.js';
import type { JsonWebTokens } from './json-web-tokens.js';
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
  readonly #ofCertificates = new WeakMap<PeerCertificate, Principal>();

  /** @param tokens undefined if JWTs are not configured: then none is valid. */
  constructor(private readonly tokens: JsonWebTokens | undefined) {}

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
    const known = this.#ofCertificates.get(certificate);
    if (known !== undefined) return known;
    const names = namesIn(certificate);
    if (names === undefined) throw new AuthenticationFailed('mtls', 'invalid');
    const principal: Principal = {
      kind: 'mtls',
      expiresAtMs: Number.POSITIVE_INFINITY,
      find: (policy) => policy.callerOfCertificate(names),
    };
    this.#ofCertificates.set(certificate, principal);
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
    const toPrincipal = ({ issuer, subject, expiresAtMs }: Awaited<typeof verified>): Principal => ({
      kind: 'jwt',
      expiresAtMs,
      find: (policy) => policy.callerOfJwt(issuer, subject),
    });
    return verified instanceof Promise ? verified.then(toPrincipal) : toPrincipal(verified);
  }
}

/** The caller of a principal under a policy. Throws AuthenticationFailed if there is none. */
export function callerUnder(policy: Policy, { kind, find }: Principal, nowMs: number): Caller {
  const found = find(policy, nowMs);
  if (found === 'expired') throw new AuthenticationFailed(kind, 'expired');
  if (typeof found === 'string')
    throw new AuthenticationFailed(kind, found === 'ambiguous' ? 'invalid' : 'unknown');
  return found.caller;
}
