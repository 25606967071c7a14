import { methodOf } from '@wxa/client';
import type { CommonValues } from '../calls/call.js';
import { type OperationJson, operationState } from '../calls/operation.js';
import { requestFrom } from '../calls/request-flags.js';
import { withGateway } from '../gateway/gateway.js';
import { printStream } from '../output/print-stream.js';
import { json, singleLine } from '../output/printable.js';
import { type SelectionValues, selectionOf } from './selection.js';

const RPC = 'Operations/WatchOperations';

/** `wxa ops watch`: prints the unfinished operations and every change of state, until it is interrupted. */
export async function watch(values: SelectionValues & CommonValues): Promise<number> {
  const { method, state } = selectionOf({ method: values.method, state: values.state }).request;
  const request = requestFrom(methodOf(RPC).input, { appid: values.appid });
  return withGateway(values, async (gateway) => {
    const isWanted = (operation: OperationJson) =>
      (method === undefined || operation.method === method) &&
      (state === undefined || operation.state === state);
    const line = values.json === true ? json : lineOf;
    return printStream(gateway.stream(RPC, request), (operation: OperationJson) =>
      isWanted(operation) ? `${line(operation)}\n` : '',
    );
  });
}

function lineOf(operation: OperationJson): string {
  const { id, appid, method, error } = operation;
  return [id, appid, method, operationState(operation), singleLine(error?.reason ?? '')].join('\t').trimEnd();
}
