import type { Metadata } from '@grpc/grpc-js';
import { characters, noFormat, oneLine } from '@wxa/methods';
import type { CallerLimits, Policy, VisibleAppids } from '@wxa/policy';
import type { Actor } from '@wxa/postgres';
import { invalidField, invalidRequest } from '../errors/rpc-error.js';

/** The caller of a call, for its handler. */
export interface CallCaller {
  /** Its name in the policy file. */
  readonly name: string;
  /** Address and, if it presented one, certificate of the client. */
  readonly peer: string;
  /** The one that is in force now. */
  readonly policy: Pick<Policy, 'calls' | 'callersOf'>;
  /** Of that policy. */
  readonly limits: CallerLimits;
  /** Whether it may name the person for whom it acts, under that policy. */
  readonly mayActFor: boolean;
  /**
   * The appids for which it may call a method, under the policy that is in force now.
   * @param method of the form `Service/Method`.
   */
  visible(method: string): VisibleAppids;
  /** The same for another caller: for none if the policy does not name it. */
  visibleTo(caller: string, method: string): VisibleAppids;
}

/** A property, because a WeakMap of all calls costs more than the rest of a decision. */
const CALLER = Symbol('caller');
type CallMetadata = Metadata & { [CALLER]?: CallCaller };

/** The caller of a call, by the call's metadata; undefined if there is no policy: then everything is allowed. */
export function callerOf(metadata: CallMetadata): CallCaller | undefined {
  return metadata[CALLER];
}

/** The appids for which the caller of a call may call a method, at the time of the question; undefined without a policy. */
export function visibleTo(metadata: Metadata, method: string): VisibleAppids | undefined {
  return callerOf(metadata)?.visible(method);
}

/** Attaches the caller to a call before its handler runs. */
export function setCaller(metadata: CallMetadata, caller: CallCaller): void {
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

/** The operator of a manual resolution, preceded by the caller that names the operator. */
export function resolvedBy({ caller }: Actor, operator: string): string {
  return caller === null ? operator : `${caller}: ${operator}`;
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
