import { methodOf } from '@wxa/client';
import type { CommonValues } from '../calls/call.js';
import { type OperationJson, printOperation } from '../calls/operation.js';
import { requestFrom } from '../calls/request-flags.js';
import { checkedReason } from '../calls/units.js';
import { EXIT, UsageError } from '../exit-codes.js';
import { type Gateway, withGateway } from '../gateway/gateway.js';
import type { RpcName } from '../gateway/rpc.js';
import { counted, print } from '../output/print.js';
import { recording } from '../recording.js';
import { actOnAll, confirm } from './bulk.js';
import { type Selection, type SelectionValues, selectionOf, selectOperations } from './selection.js';

/** The states in which an operation may not have been sent yet. */
const CANCELLABLE = ['QUEUED', 'RETRYING'];
/** The options that select operations, by the names of their values. */
const FILTERS = /^(appid|state|method|createTimeAfter|createTimeBefore|template|appidFile)$/;

/** A decision on one operation, or on all of a selection. */
interface Decision {
  rpc: RpcName;
  /** What it does to an operation, as in `cancelled`. */
  done: string;
  /** The request without the id. */
  request: Record<string, string>;
  selection: Selection;
}

interface Values extends SelectionValues, CommonValues {
  reason: string;
  dryRun?: boolean;
  yes?: boolean;
}

interface ResolveValues extends Values {
  resolution: string;
  resolvedBy?: string;
  auditId?: string;
}

/** `wxa ops cancel`. */
export async function cancelOperations(id: string | undefined, values: Values): Promise<number> {
  const decision: Decision = {
    rpc: 'Operations/CancelOperation',
    done: 'cancelled',
    request: { reason: checkedReason(values.reason) },
    selection: selectionOf(values),
  };
  if (id === undefined) {
    if (values.method === undefined) throw new UsageError('--method is missing');
    if (values.state === undefined) throw new UsageError('--state is missing');
    if (!CANCELLABLE.includes(values.state))
      throw new UsageError(`--state must be ${CANCELLABLE.join(' or ')}: ${values.state}`);
  }
  return decide(decision, id, values);
}

/** `wxa ops resolve`. */
export async function resolveOperations(id: string | undefined, values: ResolveValues): Promise<number> {
  const { method, resolution, auditId } = values;
  if (id === undefined && method === undefined) throw new UsageError('ID or --method is missing');
  if (id === undefined && auditId !== undefined)
    throw new UsageError('--audit-id belongs to one operation, given by its ID');
  const rpc = 'Operations/ResolveOperation';
  const resolvedBy = values.resolvedBy ?? recording().by.caller?.replace(/^cli:/, '');
  const given = { resolution, auditId, resolvedBy, reason: checkedReason(values.reason) };
  const decision: Decision = {
    rpc,
    done: 'resolved',
    request: requestFrom(methodOf(rpc).input, given) as Record<string, string>,
    selection: selectionOf({ ...values, state: 'IN_DOUBT' }),
  };
  return decide(decision, id, values);
}

async function decide(decision: Decision, id: string | undefined, values: Values): Promise<number> {
  const { rpc, request } = decision;
  return withGateway(values, async (gateway) => {
    if (id === undefined) return decideAll(gateway, decision, values);
    const filter = Object.keys(values).find((name) => FILTERS.test(name));
    if (filter !== undefined)
      throw new UsageError(
        `--${filter.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} does not belong to one operation, given by its ID`,
      );
    printOperation(values.json, await gateway.call<OperationJson>(rpc, { ...request, id }));
    return EXIT.ok;
  });
}

async function decideAll(
  gateway: Gateway,
  { rpc, done, request, selection }: Decision,
  { json = false, yes = false, dryRun }: Values,
): Promise<number> {
  const operations = await selectOperations(gateway, selection);
  if (dryRun === true) {
    const lines = operations.map(({ id, appid }) => `${id} ${appid}`);
    print(
      json,
      { operations },
      [...lines, `${counted(operations.length, 'operation')} would be ${done}`].join('\n'),
    );
    return EXIT.ok;
  }
  await confirm(operations.length, { done, yes });
  await actOnAll(operations, { done, yes, json, act: ({ id }) => gateway.call(rpc, { ...request, id }) });
  return EXIT.ok;
}
