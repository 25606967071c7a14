import { status as Code, type ServiceError } from '@grpc/grpc-js';
import { ListOperationsRequest, OperationState } from '@wxa/contracts';
import type { CancelCommand } from './arguments.js';
import type { Gateway } from './gateway.js';

/** An operation that may be cancelled. */
export interface Waiting {
  id: string;
  appid: string;
}

const PAGE = 500;
const CONCURRENT = 10;

/** The operations of a method in a state, newest first. */
export async function findWaiting(
  gateway: Gateway,
  { method, state }: Pick<CancelCommand, 'method' | 'state'>,
): Promise<Waiting[]> {
  const filter = { method, state: OperationState[`OPERATION_STATE_${state}`], pageSize: PAGE };
  const found: Waiting[] = [];
  for (let pageToken = ''; ; ) {
    const request = ListOperationsRequest.fromPartial({ ...filter, pageToken });
    const page = await gateway.call((client) => client.listOperations, request);
    found.push(...page.operations.map(({ id, appid }) => ({ id, appid })));
    if (page.nextPageToken === '') return found;
    pageToken = page.nextPageToken;
  }
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
    await gateway.call((client) => client.cancelOperation, { id, reason });
    return true;
  } catch (error) {
    const { code } = error as ServiceError;
    if (code === Code.FAILED_PRECONDITION || code === Code.NOT_FOUND) return false;
    throw error;
  }
}
