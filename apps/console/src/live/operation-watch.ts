import { SERVICES } from '@wxa/client';
import type { Operation } from '@wxa/contracts';
import { every } from '@wxa/service';
import type { Gateway } from '../gateway/gateway.js';
import type { LiveSource } from './live-feed.js';
import { Throttle } from './throttle.js';
import { keepStream } from './upstream.js';

const READ_MS = 1_000;
const READ_AT_LEAST_MS = 5_000;

/**
 * Each version of an unfinished operation, with the given request, which never changes. A stream says that it has changed, and then it is read; it is also read every 5 s,
 * because an operation that ends before the stream begins is not in the stream.
 */
export function watchOperation(
  gateway: Gateway,
  { id, appid, requestJson }: Operation,
): LiveSource<Operation> {
  return (on) => {
    let isStale = false;
    const show = (operation: Operation) => {
      if (isStale) on.stale(undefined);
      isStale = false;
      on.view({ ...operation, requestJson });
      if (operation.endTime !== undefined) on.ended();
    };
    const reads = new Throttle(READ_MS, () => {
      gateway
        .as(undefined)
        .operations.getOperation({ id })
        .then(show, () => {
          if (!isStale) on.stale(new Date());
          isStale = true;
        });
    });
    const polls = every(READ_AT_LEAST_MS, async () => reads.request());
    const end = keepStream(() => gateway.stream(SERVICES.operations.watchOperations, { appid }), {
      message: (operation) => operation.id === id && reads.request(),
      stale: () => undefined,
      ended: () => undefined,
    });
    return () => {
      end();
      polls.end();
      reads.stop();
    };
  };
}
