import type { Metadata, ServerInterceptingCallInterface } from '@grpc/grpc-js';
import type { Caller, Policy, VisibleAppids } from '@wxa/policy';
import { type Authenticator, callerUnder, type Principal } from '../credentials/authenticate.js';
import { AuthenticationFailed } from '../credentials/authentication-failed.js';
import { peerOf } from '../credentials/peer.js';
import { authentications } from '../metrics.js';
import type { CallCaller } from './caller-of.js';
import type { PolicyFile } from './policy-file.js';

/** How long after a call's metadata its message may arrive without another check of its caller, if the policy is the same. */
const LATE_MS = 5_000;

/** What decides who calls. */
export interface IdentityParts {
  policy: Pick<PolicyFile, 'current'>;
  authenticator: Pick<Authenticator, 'identify'>;
  /** Milliseconds since 1970. */
  now(): number;
}

/** The caller of one call, by the credential of the call and the policy in force. */
export class IdentifiedCaller implements CallCaller {
  #principal: Principal | undefined;
  #entry: Caller | undefined;
  /** Under which policy the caller was found, and when. */
  #found: { policy: Policy; atMs: number } | undefined;

  constructor(
    private readonly parts: IdentityParts,
    private readonly call: ServerInterceptingCallInterface,
  ) {}

  get name(): string {
    return this.#entry?.name ?? '';
  }

  get peer(): string {
    return peerOf(this.call).name;
  }

  get policy(): Policy {
    return this.parts.policy.current;
  }

  get limits(): Caller['limits'] {
    return this.policy.caller(this.name)?.limits ?? {};
  }

  get mayActFor(): boolean {
    return this.policy.caller(this.name)?.mayActFor ?? false;
  }

  visible(method: string): VisibleAppids {
    return this.visibleTo(this.name, method);
  }

  visibleTo(caller: string, method: string): VisibleAppids {
    return this.policy.visibleTo(caller, method);
  }

  get isKnown(): boolean {
    return this.#entry !== undefined;
  }

  /** Its entry in the policy under which it was found last. */
  get entry(): Caller {
    if (this.#entry === undefined) throw new Error('the caller is not authenticated');
    return this.#entry;
  }

  /** Whether a client certificate is its credential. */
  get isCertified(): boolean {
    return this.#principal?.kind === 'mtls';
  }

  /** Whether it may have lost its access since it was found. */
  get isLate(): boolean {
    if (this.#found === undefined) return false;
    return this.policy !== this.#found.policy || this.parts.now() - this.#found.atMs > LATE_MS;
  }

  /** Verifies the credential of the call, and removes it from the metadata. Throws or rejects with AuthenticationFailed. */
  verify(metadata: Metadata): Principal | Promise<Principal> {
    const authorization = metadata.get('authorization');
    // Whatever follows cannot log or forward the credential.
    metadata.remove('authorization');
    return this.parts.authenticator.identify(authorization, () => peerOf(this.call).certificate);
  }

  /** Takes a verified credential. Throws AuthenticationFailed if the policy has no caller for it. */
  accept(principal: Principal): void {
    this.#principal = principal;
    this.#find(principal);
    authentications.inc({ kind: principal.kind, result: 'ok' });
  }

  /** Throws AuthenticationFailed if the credential has expired, or if the policy has no caller for it any more. */
  recheck(): void {
    const principal = this.#principal;
    if (principal === undefined) return;
    if (this.parts.now() >= principal.expiresAtMs) throw new AuthenticationFailed(principal.kind, 'expired');
    this.#find(principal);
  }

  #find(principal: Principal): void {
    const found = { policy: this.policy, atMs: this.parts.now() };
    this.#entry = callerUnder(found.policy, principal, found.atMs);
    this.#found = found;
  }
}
