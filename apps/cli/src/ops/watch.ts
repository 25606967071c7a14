import { once } from 'node:events';
import type { JsonObject } from '@bufbuild/protobuf';
import type { ClientReadableStream } from '@grpc/grpc-js';
import type { CommonValues } from '../calls/call.js';
import { type OperationJson, stateOf } from '../calls/operation.js';
import { requestOf } from '../calls/request-flags.js';
import { EXIT } from '../exit-codes.js';
import { methodOf } from '../gateway/descriptors.js';
import { withGateway } from '../gateway/gateway.js';
import { json, oneLine } from '../output/printable.js';
import { type SelectionValues, selectionOf } from './selection.js';

const RPC = 'Operations/WatchOperations';

/** `wxa ops watch`: prints the unfinished operations and every change of state, until it is interrupted. */
export async function watch(values: SelectionValues & CommonValues): Promise<number> {
  const { method, state } = selectionOf({ method: values.method, state: values.state }).request;
  const request = requestOf(methodOf(RPC).input, { appid: values.appid });
  return withGateway(values, async (gateway) => {
    const stream = gateway.stream(RPC, request);
    let isInterrupted = false;
    const onSignal = () => {
      isInterrupted = true;
      stream.cancel();
    };
    process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
    try {
      const isWanted = (operation: OperationJson) =>
        (method === undefined || operation.method === method) &&
        (state === undefined || operation.state === state);
      await printAll(stream, isWanted, values.json === true ? json : lineOf);
      return EXIT.ok;
    } catch (error) {
      if (isInterrupted) return EXIT.interrupted;
      throw error;
    }
  });
}

/** Reads no further than the output is taken. */
async function printAll(
  stream: ClientReadableStream<JsonObject>,
  isWanted: (operation: OperationJson) => boolean,
  line: (operation: OperationJson) => string,
): Promise<void> {
  for await (const operation of stream as AsyncIterable<OperationJson>)
    if (isWanted(operation) && !process.stdout.write(`${line(operation)}\n`))
      await once(process.stdout, 'drain');
}

function lineOf(operation: OperationJson): string {
  const { id, appid, method, error } = operation as OperationJson & { error?: { reason: string } };
  return [id, appid, method, stateOf(operation), oneLine(error?.reason ?? '')].join('\t').trimEnd();
}
