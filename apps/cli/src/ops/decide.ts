import { type OperationJson, printOperation } from '../calls/operation.js';
import { parsedArguments } from '../calls/parsed-arguments.js';
import { requestOf } from '../calls/request-flags.js';
import { EXIT, UsageError } from '../exit-codes.js';
import { methodOf, type Rpc } from '../gateway/descriptors.js';
import { type Gateway, withGateway } from '../gateway/gateway.js';
import { CONNECTION_OPTIONS } from '../gateway/settings.js';
import { print } from '../output/print.js';
import { recording } from '../recording.js';
import { actOnAll, confirm } from './bulk.js';
import { SELECTION_OPTIONS, type Selection, select, selectionOf } from './selection.js';

const MAX_REASON = 2_000;
/** The states in which an operation may not have been sent yet. */
const CANCELLABLE = ['QUEUED', 'RETRYING'];

const OPTIONS = {
  ...SELECTION_OPTIONS,
  reason: { type: 'string' },
  'dry-run': { type: 'boolean' },
  yes: { type: 'boolean' },
  json: { type: 'boolean' },
  ...CONNECTION_OPTIONS,
} as const;

/** A decision on one operation, or on all of a selection. */
interface Decision {
  rpc: Rpc;
  /** What it does to an operation, as in `cancelled`. */
  done: string;
  /** The request without the id. */
  request: Record<string, string>;
  selection: Selection;
}

type Values = ReturnType<typeof parsedArguments<typeof OPTIONS>>['values'];

/** `wxa ops cancel`. */
export async function cancel(args: string[]): Promise<number> {
  const { values, positionals } = parsedArguments(OPTIONS, args, { max: 1 });
  const decision: Decision = {
    rpc: 'Operations/CancelOperation',
    done: 'cancelled',
    request: { reason: reasonOf(values.reason) },
    selection: selectionOf(values),
  };
  if (positionals[0] === undefined) {
    if (values.method === undefined) throw new UsageError('--method is missing');
    if (values.state === undefined) throw new UsageError('--state is missing');
    if (!CANCELLABLE.includes(values.state))
      throw new UsageError(`--state must be ${CANCELLABLE.join(' or ')}: ${values.state}`);
  }
  return decide(decision, positionals[0], values);
}

/** `wxa ops resolve`. */
export async function resolve(args: string[]): Promise<number> {
  const text = { type: 'string' } as const;
  const options = { ...OPTIONS, resolution: text, 'resolved-by': text, 'audit-id': text };
  const { values, positionals } = parsedArguments(options, args, { max: 1 });
  const [id] = positionals;
  if (values.resolution === undefined) throw new UsageError('--resolution is missing');
  if (values.state !== undefined) throw new UsageError('--state: only operations IN_DOUBT are resolved');
  if (id === undefined && values.method === undefined) throw new UsageError('ID or --method is missing');
  if (id === undefined && values['audit-id'] !== undefined)
    throw new UsageError('--audit-id belongs to one operation, given by its ID');
  const rpc = 'Operations/ResolveOperation';
  const { resolution, 'audit-id': auditId } = values;
  const by = values['resolved-by'] ?? recording().by.caller?.replace(/^cli:/, '');
  const given = { resolution, 'audit-id': auditId, 'resolved-by': by, reason: reasonOf(values.reason) };
  const decision: Decision = {
    rpc,
    done: 'resolved',
    request: requestOf(methodOf(rpc).input, given) as Record<string, string>,
    selection: selectionOf({ ...values, state: 'IN_DOUBT' }),
  };
  return decide(decision, id, values);
}

function reasonOf(text: string | undefined): string {
  if (text === undefined || text.trim() === '') throw new UsageError('--reason is missing');
  if ([...text].length > MAX_REASON) throw new UsageError(`--reason has more than ${MAX_REASON} characters`);
  return text;
}

async function decide(decision: Decision, id: string | undefined, values: Values): Promise<number> {
  const { rpc, request } = decision;
  return withGateway(values, async (gateway) => {
    if (id === undefined) return decideAll(gateway, decision, values);
    const filter = Object.keys(SELECTION_OPTIONS).find((name) => Object.hasOwn(values, name));
    if (filter !== undefined)
      throw new UsageError(`--${filter} does not belong to one operation, given by its ID`);
    printOperation(values.json, await gateway.call<OperationJson>(rpc, { ...request, id }));
    return EXIT.ok;
  });
}

async function decideAll(
  gateway: Gateway,
  { rpc, done, request, selection }: Decision,
  { json = false, yes = false, 'dry-run': dryRun }: Values,
): Promise<number> {
  const operations = await select(gateway, selection);
  if (dryRun === true) {
    const lines = operations.map(({ id, appid }) => `${id} ${appid}`);
    print(json, { operations }, [...lines, `${operations.length} operations would be ${done}`].join('\n'));
    return EXIT.ok;
  }
  await confirm(operations.length, { done, yes });
  await actOnAll(operations, { done, yes, json, act: ({ id }) => gateway.call(rpc, { ...request, id }) });
  return EXIT.ok;
}
