import type { Metadata, ServerInterceptingCallInterface } from '@grpc/grpc-js';
import { characters, noFormat, oneLine } from '@wxa/methods';
import type { Caller, Policy, VisibleAppids } from '@wxa/policy';
import type { Actor } from '@wxa/postgres/trail';
import { type Authenticator, callerUnder, type Principal } from '../credentials/authenticate.js';
import { AuthenticationFailed } from '../credentials/authentication-failed.js';
import { peerOf } from '../credentials/peer.js';
import { invalidField, invalidRequest } from '../errors/rpc-error.js';
import { authentications } from '../metrics.js';
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
export class IdentifiedCaller {
  #principal: Principal | undefined;
  #entry: Caller | undefined;
  /** Under which policy the caller was found, and when. */
  #found: { policy: Policy; atMs: number } | undefined;

  constructor(
    private readonly parts: IdentityParts,
    private readonly call: ServerInterceptingCallInterface,
    /** That it calls, of the form `Service/Method`. */
    readonly method: string,
  ) {}

  /** In the policy file; empty before it is found. */
  get name(): string {
    return this.#entry?.name ?? '';
  }

  /** Address and, if it presented one, certificate of the client. */
  get peer(): string {
    return peerOf(this.call).name;
  }

  /** The one that is in force now. */
  get policy(): Policy {
    return this.parts.policy.current;
  }

  get limits(): Caller['limits'] {
    return this.policy.caller(this.name)?.limits ?? {};
  }

  /** Whether it may name the person for whom it acts. */
  get mayActFor(): boolean {
    return this.policy.caller(this.name)?.mayActFor ?? false;
  }

  /** The appids for which it may call a method. @param method of the form `Service/Method`. */
  visible(method: string): VisibleAppids {
    return this.visibleTo(this.name, method);
  }

  /** The same for another caller: for none if the policy does not name it. */
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

/** A property, because a WeakMap of all calls costs more than the rest of a decision. */
const CALLER = Symbol('caller');
type CallMetadata = Metadata & { [CALLER]?: IdentifiedCaller };

/** The caller of a call, by the call's metadata; undefined if there is no policy: then everything is allowed. */
export function callerOf(metadata: CallMetadata): IdentifiedCaller | undefined {
  return metadata[CALLER];
}

/** The appids for which the caller of a call may call a method, at the time of the question; undefined without a policy. */
export function visibleTo(metadata: Metadata, method: string): VisibleAppids | undefined {
  return callerOf(metadata)?.visible(method);
}

/** Attaches the caller to a call before its handler runs. */
export function setCaller(metadata: CallMetadata, caller: IdentifiedCaller): void {
  metadata[CALLER] = caller;
}

/** Metadata entry that names the person for whom a caller acts: percent-encoded UTF-8. It grants nothing. */
const ON_BEHALF_OF = 'wxa-on-behalf-of';
const MAX_CHARACTERS = 200;

/**
 * Who makes a call. Throws an RpcError if the call names the person for whom it is made in an invalid way, or if its request does and the
 * policy does not let its caller. The metadata of such a caller is ignored, because wxa always names the user.
 * @param stated `on_behalf_of` of the request, which counts before the metadata.
 */
export function actorOf(call: { metadata: Metadata; getPeer(): string }, stated = ''): Actor {
  const caller = callerOf(call.metadata);
  const mayActFor = caller?.mayActFor ?? true;
  if (stated !== '' && !mayActFor)
    throw invalidField('on_behalf_of', 'ON_BEHALF_OF_NOT_ALLOWED', { caller: caller?.name ?? '' });
  return {
    caller: caller?.name ?? null,
    onBehalfOf: stated || (mayActFor ? onBehalfOf(call.metadata) : null),
    peer: caller?.peer ?? call.getPeer(),
  };
}

function onBehalfOf(metadata: Metadata): string | null {
  const values = metadata.get(ON_BEHALF_OF);
  if (values.length === 0) return null;
  const person = values.length === 1 ? decoded(String(values[0])) : undefined;
  if (person === undefined) throw invalidField(ON_BEHALF_OF, 'ON_BEHALF_OF_ENCODING');
  const wrong = characters(1, MAX_CHARACTERS)(person) ?? oneLine(person) ?? noFormat(person);
  if (wrong !== undefined) throw invalidRequest([{ field: ON_BEHALF_OF, ...wrong }]);
  return person;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
