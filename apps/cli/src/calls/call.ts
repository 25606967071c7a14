import type { DescMethod, JsonObject } from '@bufbuild/protobuf';
import { METHODS, type Method } from '@wxa/contracts';
import { methodOf, type Rpc } from '../gateway/descriptors.js';
import type { Gateway } from '../gateway/gateway.js';
import { CONNECTION_OPTIONS, type ConnectionValues } from '../gateway/settings.js';
import { flagsOf } from './request-flags.js';

/** A verb that is one call of the gateway. */
export interface Call {
  rpc: Rpc;
  /** The option whose value is given without its name, as in `wxa ops get ID`. */
  argument?: string;
}

/** A call with its request and options. */
export interface Running {
  call: Call;
  gateway: Gateway;
  request: JsonObject;
  values: Record<string, unknown> &
    ConnectionValues & { json?: boolean; wait?: boolean; timeout?: string; limit?: string };
}

/** What kind of call it is, which decides its further options. */
export type CallKind = 'change' | 'query' | 'list' | 'lookup';

/** The options of parseArgs, by name. */
export type Options = Record<string, { type: 'string' | 'boolean'; multiple?: boolean }>;

/** The options of a query whose response is not just printed. */
export const QUERY_OPTIONS = {
  timeout: { type: 'string' },
  json: { type: 'boolean' },
  ...CONNECTION_OPTIONS,
} as const;

const KIND_OPTIONS: Record<CallKind, Options> = {
  change: { wait: { type: 'boolean' }, timeout: { type: 'string' } },
  query: { timeout: { type: 'string' } },
  list: { limit: { type: 'string' } },
  lookup: {},
};
/** Options that the gateway requires, besides the appid of a mini-program. */
const REQUIRED: Partial<Record<Rpc, readonly string[]>> = {
  'CodeManagement/Commit': ['template-id', 'user-version'],
  'CodeManagement/SubmitAudit': ['items'],
  'CodeManagement/ChangeVisitStatus': ['status'],
  'Audits/GetAudit': ['appid', 'audit-id'],
  'Rollouts/CreateRollout': ['spec', 'selection'],
  'Rollouts/AdvanceRollout': ['gate'],
};

const KIND_USAGE: Record<CallKind, string> = {
  change: '[--wait [--timeout 5m]]',
  query: '[--timeout 1m]',
  list: '[--limit N]',
  lookup: '',
};

export function kindOf({ name, input }: DescMethod): CallKind {
  if (input.fields.some((field) => field.name === 'page_token')) return 'list';
  if (!Object.hasOwn(METHODS, name)) return 'lookup';
  return METHODS[name as Method].kind;
}

/** All options of a call: the fields of its request, and those of its kind. */
export function optionsOf({ rpc }: Call): Options {
  const method = methodOf(rpc);
  const fields = flagsOf(method.input).map(({ name, takes, isRepeated }) => [
    name,
    { type: takes === undefined ? 'boolean' : 'string', multiple: isRepeated },
  ]);
  return {
    ...Object.fromEntries(fields),
    ...KIND_OPTIONS[kindOf(method)],
    json: { type: 'boolean' },
    ...CONNECTION_OPTIONS,
  };
}

/** The arguments of a call, for its usage. */
export function usageOf({ rpc, argument }: Call): string {
  const method = methodOf(rpc);
  const flags = flagsOf(method.input).map(({ name, takes, isRepeated }) => {
    if (name === argument) return name.toUpperCase();
    const flag = takes === undefined ? `--${name}` : `--${name} ${takes}`;
    if (REQUIRED[rpc]?.includes(name)) return flag;
    if (name === 'appid' && kindOf(method) !== 'list' && rpc.startsWith('CodeManagement')) return flag;
    return `[${flag}]${isRepeated ? '...' : ''}`;
  });
  return [...flags, KIND_USAGE[kindOf(method)], '[--json]'].filter(Boolean).join(' ');
}
