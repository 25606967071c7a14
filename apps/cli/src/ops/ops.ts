import type { CommonValues } from '../calls/call.js';
import { follow } from '../calls/follow.js';
import type { OperationJson } from '../calls/operation.js';
import { printFirst } from '../calls/pages.js';
import { durationMs, limitOf } from '../calls/units.js';
import { withGateway } from '../gateway/gateway.js';
import { LIST, type SelectionValues, selectionOf, selectOperations } from './selection.js';

const WAIT_MS = 300_000;

/** `wxa ops list`. */
export async function listSelected(
  values: SelectionValues & CommonValues & { limit?: string },
): Promise<number> {
  const selection = selectionOf(values);
  const limit = limitOf(values.limit);
  return withGateway(values, async (gateway) => {
    const found = await selectOperations(gateway, selection, limit + 1);
    return printFirst(LIST, found, { limit, json: values.json });
  });
}

/** `wxa ops wait`: waits until an operation is final or needs an operator. */
export async function wait(id: string, values: CommonValues & { timeout?: string }): Promise<number> {
  const timeoutMs = durationMs(values.timeout, WAIT_MS);
  return withGateway(values, async (gateway) => {
    // An unknown id is an error before it waits.
    const operation = await gateway.call<OperationJson>('Operations/GetOperation', { id });
    return follow(gateway, operation, { timeoutMs, json: values.json });
  });
}
