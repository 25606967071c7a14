import type { Metadata } from '@grpc/grpc-js';
import { characters, noFormat, oneLine } from '@wxa/methods';
import type { Actor } from '@wxa/postgres';
import { invalidField, invalidRequest } from '../errors/rpc-error.js';
import { callerOf } from './caller-of.js';

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
