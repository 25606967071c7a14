import type { Method, RequestOf } from '@wxa/contracts';
import type { Facts } from '@wxa/methods';
import type { ClaimedOperation } from '@wxa/store';

export function factsOf<M extends Method>(
  { snapshot, startedAt, createdAt }: ClaimedOperation,
  request: RequestOf<M>,
): Facts<M> {
  const isKnown = snapshot !== null && Object.keys(snapshot).length > 0;
  return { request, snapshot: isKnown ? snapshot : null, startedAt: startedAt ?? createdAt };
}
