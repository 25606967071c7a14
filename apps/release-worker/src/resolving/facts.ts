import type { Method, RequestOf } from '@wxa/contracts';
import type { ClaimedOperation, Store } from '@wxa/store';
import type { Facts } from './reconciliations.js';

/** What is known of an operation when WeChat is asked about it. */
export function factsOf<M extends Method>(
  store: Pick<Store, 'versionCommittedBefore'>,
  { id, appid, noted, startedAt, createdAt }: ClaimedOperation,
  request: RequestOf<M>,
): Facts<M> {
  const isKnown = noted !== null && Object.keys(noted).length > 0;
  return {
    request,
    noted: isKnown ? noted : null,
    startedAt: startedAt ?? createdAt,
    committedVersion: () => store.versionCommittedBefore(appid, id),
  };
}
