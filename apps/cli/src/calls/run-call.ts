import { methodOf } from '@wxa/client';
import { UsageError } from '../exit-codes.js';
import { withGateway } from '../gateway/gateway.js';
import type { RpcName } from '../gateway/rpc.js';
import { print } from '../output/print.js';
import { argumentOf, type CallKind, callKindOf, needsArgument, type Running } from './call.js';
import { follow } from './follow.js';
import { type OperationJson, printOperation } from './operation.js';
import { listItems } from './pages.js';
import { requestFrom } from './request-flags.js';
import { callWithRequestId } from './request-id.js';
import { responseText } from './show.js';
import { durationMs } from './units.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const QUERY_MS = 60_000;
const WAIT_MS = 300_000;

/** Runs a verb that is one call of the gateway. Rejects with a UsageError, a ConfigError or a ServiceError. */
export async function runCall(rpc: RpcName, args: string[], given: Running['values']): Promise<number> {
  const method = methodOf(rpc);
  const values = withArgument(rpc, args, given);
  const request = requestFrom(method.input, values);
  return withGateway(values, (gateway) => KINDS[callKindOf(method)]({ rpc, gateway, request, values }));
}

function withArgument(rpc: RpcName, [first]: string[], values: Running['values']): Running['values'] {
  const argument = argumentOf(rpc);
  if (argument === undefined) return values;
  const value = first ?? values[argument];
  if (value === undefined && !needsArgument(rpc)) return values;
  if (value === undefined) throw new UsageError(`${argument.toUpperCase()} is missing`);
  if (argument === 'id' && !UUID.test(String(value))) throw new UsageError(`ID must be a UUID: ${value}`);
  return { ...values, [argument]: value };
}

const KINDS: Record<CallKind, (running: Running) => Promise<number>> = {
  change,
  query,
  list: listItems,
  lookup,
};

async function change({ rpc, gateway, request, values }: Running): Promise<number> {
  const { json, wait, timeout } = values;
  if (timeout !== undefined && wait !== true) throw new UsageError('--timeout belongs to --wait');
  const timeoutMs = durationMs(timeout, WAIT_MS);
  const operation = await callWithRequestId<OperationJson>(gateway, rpc, request);
  if (wait === true) return follow(gateway, operation, { timeoutMs, json });
  printOperation(json, operation);
  return 0;
}

async function query({ rpc, gateway, request, values }: Running): Promise<number> {
  const deadlineMs = durationMs(values.timeout, QUERY_MS);
  const response = await gateway.call(rpc, request, { deadlineMs });
  print(values.json, response, responseText(methodOf(rpc).output, response));
  return 0;
}

/** A call that creates something gets a request_id, so that its repetition creates nothing else. */
async function lookup({ rpc, gateway, request, values }: Running): Promise<number> {
  const isCreating = methodOf(rpc).input.fields.some(({ name }) => name === 'request_id');
  const response = await (isCreating ? callWithRequestId(gateway, rpc, request) : gateway.call(rpc, request));
  print(values.json, response, responseText(methodOf(rpc).output, response));
  return 0;
}
