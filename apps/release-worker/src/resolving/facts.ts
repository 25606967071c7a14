import type { Method, RequestOf } from '@wxa/contracts';
import type { Facts } from '@wxa/methods';
import type { ClaimedOperation } from '@wxa/store';

/** What is known of an operation when it is reconciled. */
export function factsOf<M extends Method>(
  { noted, startedAt, createdAt }: ClaimedOperation,
  request: RequestOf<M>,
): Facts<M> {
  const isKnown = noted !== null && Object.keys(noted).length > 0;
  return { request, snapshot: isKnown ? noted : null, startedAt: startedAt ?? createdAt };
}
