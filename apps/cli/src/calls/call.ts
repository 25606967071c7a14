import type { DescMethod, JsonObject } from '@bufbuild/protobuf';
import { methodOf } from '@wxa/client';
import { METHODS, type Method } from '@wxa/contracts';
import type { ConnectionValues } from '../gateway/connection-options.js';
import type { Gateway } from '../gateway/gateway.js';
import type { RpcName } from '../gateway/rpc.js';
import { flagsOf, type RequestFlag } from './request-flags.js';

/** Options as commander writes them, as in `--limit <N>` or `--all`, each with its meaning; '' if its name says it. */
export type Options = Readonly<Record<`--${string}`, string>>;

/** The arguments of a verb. */
export interface VerbArguments {
  /** Those without an option's name, as in `<FILE>`, `[ID]` or `[APPID...]`. */
  args?: string;
  /** Its command line after its name, where the one made of `args` would not do. */
  usage?: string;
  required?: Options;
  options?: Options;
  /** Further options, which the help does not show. */
  hidden?: readonly string[];
}

/** The values of the options of every verb; those of the connection only of a verb that calls the gateway. */
export type CommonValues = ConnectionValues & { json?: boolean };

/** A call with its request and options. */
export interface Running {
  rpc: RpcName;
  gateway: Gateway;
  request: JsonObject;
  values: Record<string, unknown> & CommonValues & { wait?: boolean; timeout?: string; limit?: string };
}

/** What kind of call it is, which decides its further options. */
export type CallKind = 'change' | 'query' | 'list' | 'lookup';

const KIND_OPTIONS: Record<CallKind, Options> = {
  change: { '--wait': 'follows the operation to its end', '--timeout <TIME>': 'of --wait (default: 5m)' },
  query: { '--timeout <TIME>': '(default: 1m)' },
  list: { '--limit <N>': '(default: 50)' },
  lookup: {},
};
/** Options that the gateway requires, or a repetition, besides the appid of a mini-program. */
const REQUIRED: Partial<Record<RpcName, readonly string[]>> = {
  'CodeManagement/Commit': ['template-id', 'user-version'],
  'CodeManagement/SubmitAudit': ['items'],
  'CodeManagement/ChangeVisitStatus': ['status'],
  'Setup/ApplyPrivacyInterface': ['api-name', 'application'],
  'Setup/AddTester': ['wechat-id'],
  'PlatformDomains/SetPlatformDomains': ['published-together'],
  'Audits/GetAudit': ['appid', 'audit-id'],
  'Rollouts/CreateRollout': ['spec'],
  'Settings/PutSettingsLayer': ['settings', 'expected-version'],
  'Settings/DeleteSettingsLayer': ['expected-version'],
  'Rollouts/AdvanceRollout': ['gate', 'wave'],
  'Platform/StopApis': ['until', 'reason'],
};

/** Calls that stand for many objects if their argument is left out. */
const OF_MANY: readonly RpcName[] = ['Platform/StopApis', 'Platform/LiftApiStops'];

/** Whether a call must have its argument. */
export function needsArgument(rpc: RpcName): boolean {
  return !OF_MANY.includes(rpc);
}

export function callKindOf({ name, input }: DescMethod): CallKind {
  if (input.fields.some((field) => field.name === 'page_token')) return 'list';
  if (!Object.hasOwn(METHODS, name)) return 'lookup';
  return METHODS[name as Method].kind;
}

/** The arguments of a call: the fields of its request, and the options of its kind. */
export function argumentsOf(rpc: RpcName): VerbArguments {
  const method = methodOf(rpc);
  const argument = argumentOf(rpc);
  const kind = callKindOf(method);
  const isOfMiniProgram = /^(CodeManagement|Setup)\//.test(rpc) && kind !== 'list';
  const required = new Set([...(REQUIRED[rpc] ?? []), ...(isOfMiniProgram ? ['appid'] : [])]);
  const flags = flagsOf(method.input);
  const options = (chosen: RequestFlag[]) =>
    Object.fromEntries(chosen.map((flag) => [flag.flags, flag.meaning]));
  const others = flags.filter(({ name }) => name !== argument);
  const given = {
    required: options(others.filter(({ name }) => required.has(name))),
    options: { ...options(others.filter(({ name }) => !required.has(name))), ...KIND_OPTIONS[kind] },
  };
  if (argument === undefined) return given;
  const name = argument.toUpperCase();
  const usage = `${needsArgument(rpc) ? `<${name}>` : `[${name}]`} [options]`;
  const hidden = flags.filter(({ name }) => name === argument).map((flag) => flag.flags);
  return { ...given, args: `[${argument}]`, usage, hidden };
}

const ARGUMENTS: Readonly<Record<string, string>> = {
  Authorizers: 'appid',
  Platform: 'api',
  Settings: 'appid',
};

/** The field whose value is given without its name, as in `wxa ops get ID`. */
export function argumentOf(rpc: RpcName): string | undefined {
  const [service] = rpc.split('/');
  const name = ARGUMENTS[service ?? ''] ?? 'id';
  return methodOf(rpc).input.fields.find((field) => field.name === name)?.name;
}
