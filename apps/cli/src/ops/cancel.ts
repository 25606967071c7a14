import { status as Code, type ServiceError } from '@grpc/grpc-js';
import { pages } from '../calls/pages.js';
import type { Gateway } from '../gateway/gateway.js';
import type { CancelCommand } from './arguments.js';

/** An operation that may be cancelled. */
export interface Waiting {
  id: string;
  appid: string;
}

const CONCURRENT = 10;

/** The operations of a method in a state, newest first. */
export async function findWaiting(
  gateway: Gateway,
  { method, state }: Pick<CancelCommand, 'method' | 'state'>,
): Promise<Waiting[]> {
  const found: Waiting[] = [];
  for await (const page of pages(gateway, 'Operations/ListOperations', {
    method,
    state: `OPERATION_STATE_${state}`,
  }))
    found.push(...page.map(({ id, appid }) => ({ id: String(id), appid: String(appid) })));
  return found;
}

/** How many operations have been processed so far, by result. */
export interface Cancelling {
  cancelled: number;
  /** Sent to WeChat, or ended, before it could be cancelled. */
  tooLate: number;
}

/**
 * Cancels operations, newest first, so that none starts because one before it has ended. Rejects with the first ServiceError, when
 * no call is in progress any more.
 * @param onProgress called after each operation.
 */
export async function cancelAll(
  gateway: Pick<Gateway, 'call'>,
  waiting: Waiting[],
  reason: string,
  onProgress: (done: Cancelling) => void,
): Promise<Cancelling> {
  const done: Cancelling = { cancelled: 0, tooLate: 0 };
  const failures: unknown[] = [];
  const left = waiting.values();
  const run = async () => {
    for (const { id } of left) {
      if (failures.length > 0) return;
      done[(await cancel(gateway, id, reason)) ? 'cancelled' : 'tooLate'] += 1;
      onProgress(done);
    }
  };
  const runs = Array.from({ length: CONCURRENT }, () => run().catch((error) => failures.push(error)));
  await Promise.all(runs);
  if (failures.length > 0) throw failures[0];
  return done;
}

/** Returns false if it is too late. */
async function cancel(gateway: Pick<Gateway, 'call'>, id: string, reason: string): Promise<boolean> {
  try {
    await gateway.call('Operations/CancelOperation', { id, reason });
    return true;
  } catch (error) {
    const { code } = error as ServiceError;
    if (code === Code.FAILED_PRECONDITION || code === Code.NOT_FOUND) return false;
    throw error;
  }
}
