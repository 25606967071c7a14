import { METHODS, type Method, type MethodService, RolloutsService, serviceOf } from '@wxa/contracts';
import { isOfCalls } from './listed-call.js';

/**
 * Which appid of a call is authorized. `appid`: that of the request. `appids`: all of the request. `call`: likewise `appid`, or the
 * component appid if it is empty, with the entry of the policy that the request names. `upload`: that of `info` in the first message.
 * `platform`: the component appid. `link`: the component appid and, if set, `authorizer_appid`. `operation`: that of the
 * stored operation. `optional`: that of the request or, if it is empty, results are filtered. `filtered`: none, results
 * are filtered. `rollout`: the handler decides by the stored rollout and its targets. `layer`: that of the scope; for a scope of
 * several mini-programs the handler requires all.
 */
export type MethodAccess =
  | 'appid'
  | 'appids'
  | 'call'
  | 'upload'
  | 'platform'
  | 'link'
  | 'operation'
  | 'optional'
  | 'filtered'
  | 'rollout'
  | 'layer';

const ROLLOUTS = Object.values(RolloutsService).map(({ path }) => path.slice('/wxa.code.v1.'.length));

/** RPCs that are not a WeChat method with the appid of a mini-program. */
const EXCEPTIONS: Readonly<Record<string, MethodAccess>> = {
  'CodeManagement/UploadAuditMedia': 'upload',
  'Authorizers/CreateAuthorizationLink': 'link',
  'Authorizers/GetAuthorizer': 'appid',
  'Authorizers/ListAuthorizers': 'filtered',
  'Authorizers/RegisterAuthorizers': 'appids',
  'Authorizers/RemoveAuthorizer': 'appid',
  'Authorizers/RenewToken': 'appid',
  'Authorizers/SetAuthorizerLabels': 'appid',
  'Authorizers/SyncAuthorizers': 'platform',
  'Authorizers/GetAuthorizerSync': 'platform',
  'Operations/GetOperation': 'operation',
  'Operations/ListOperations': 'optional',
  'Operations/ListLanes': 'filtered',
  'Operations/WaitOperation': 'operation',
  'Operations/WatchOperations': 'optional',
  'Operations/CancelOperation': 'operation',
  'Operations/ResolveOperation': 'operation',
  'Fleet/ListMiniPrograms': 'filtered',
  'Fleet/GetMiniProgram': 'appid',
  'Fleet/GetFleetSummary': 'filtered',
  'Audits/ListAudits': 'optional',
  'Audits/GetAudit': 'appid',
  'Audits/GetAuditSummary': 'filtered',
  'Platform/GetPlatformStatus': 'platform',
  'Platform/LiftApiStop': 'platform',
  'Platform/StopApis': 'platform',
  'Platform/LiftApiStops': 'platform',
  'Platform/ListTrail': 'filtered',
  'Platform/ListTokenReaders': 'filtered',
  'Platform/ListCallbackNames': 'platform',
  'Platform/GetForwards': 'platform',
  'Platform/ListListedCalls': 'platform',
  'Settings/PutSettingsLayer': 'layer',
  'Settings/DeleteSettingsLayer': 'layer',
  'Settings/GetSettingsLayer': 'layer',
  'Settings/ListSettingsLayers': 'filtered',
  'Settings/ListSettingsVersions': 'layer',
  'Settings/GetEffectiveSettings': 'appid',
};

/** Services that work for the platform itself. */
const OF_PLATFORM: readonly MethodService[] = ['Templates', 'PlatformDomains'];

/** Every served RPC of `wxa.code.v1`: a new WeChat method is authorized by the appid of its request. */
export const METHOD_ACCESS: Readonly<Record<string, MethodAccess>> = {
  ...Object.fromEntries((Object.keys(METHODS) as Method[]).map(accessOf)),
  ...EXCEPTIONS,
  ...Object.fromEntries(ROLLOUTS.map((method) => [method, 'rollout' as const])),
};

function accessOf(method: Method): [string, MethodAccess] {
  const service = serviceOf(method);
  const access = service === 'Calls' ? 'call' : OF_PLATFORM.includes(service) ? 'platform' : 'appid';
  return [`${service}/${method}`, access];
}

/** Whether a method is authorized by the component appid. */
export function isAuthorizedAsPlatform(method: string): boolean {
  const access = METHOD_ACCESS[method];
  return access === 'platform' || access === 'link';
}

/** Reads of the token service: rights with the names of RPCs, but no RPCs. */
const TOKEN_READS = ['Tokens/GetAccessToken', 'Tokens/RenewAccessToken'] as const;
export type TokenRead = (typeof TOKEN_READS)[number];

export function isTokenRead(name: string): name is TokenRead {
  return (TOKEN_READS as readonly string[]).includes(name);
}

const NAMES = Object.keys(METHOD_ACCESS);

/** Whether a rule can name a method. */
export function isKnownMethod(name: string): boolean {
  return Object.hasOwn(METHOD_ACCESS, name) || isTokenRead(name);
}

/**
 * The methods that a pattern names: a method, or the beginning of its name followed by `*`. Empty if there is none. No shorter pattern than
 * `Tokens/*` names reads of tokens, and to allow calls of the service Calls a pattern has to name that service: a wildcard that is older
 * than they are must not open them.
 */
export function methodsOf(pattern: string, kind: 'allow' | 'deny' = 'deny'): string[] {
  if (pattern === 'Tokens/*') return [...TOKEN_READS];
  if (!pattern.endsWith('*')) return isKnownMethod(pattern) ? [pattern] : [];
  const prefix = pattern.slice(0, -1);
  const isNamed = (name: string) => kind === 'deny' || !isOfCalls(name) || isOfCalls(prefix);
  return NAMES.filter((name) => name.startsWith(prefix) && isNamed(name));
}
