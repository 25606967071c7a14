import { type Done, type JsonObject, object, readDone, saysOk, texts } from '../transport/wechat-json.js';
import { API, type Endpoint, type NoRequest } from './endpoint.js';

/** WeChat's field of each kind of server domain. */
const FIELDS = {
  request: 'requestdomain',
  websocket: 'wsrequestdomain',
  upload: 'uploaddomain',
  download: 'downloaddomain',
  udp: 'udpdomain',
  tcp: 'tcpdomain',
} as const;

const kinds = Object.keys(FIELDS) as ServerDomainKind[];

export type ServerDomainKind = keyof typeof FIELDS;

/** With their schemes: `https://` for request, upload and download, `wss://` for websocket. */
export type ServerDomains = Record<ServerDomainKind, string[]>;

export interface RefusedDomain {
  /** Undefined for NO_ICP, where WeChat does not name it. */
  kind: ServerDomainKind | undefined;
  domain: string;
  /** INVALID: malformed, forbidden or not registered by the platform. NO_ICP: without an ICP filing. */
  cause: 'INVALID' | 'NO_ICP';
}

/**
 * Returns the server domains that the platform set for a mini-program. Source: ../domain-management/api_modifyserverdomain.html
 */
export const getServerDomains: Endpoint<NoRequest, ServerDomains> = {
  api: API.getServerDomains,
  body: () => ({ action: 'get' }),
  read: (answer) => (saysOk(answer) || hasDomains(answer) ? readDomains(answer) : undefined),
};

export interface SetServerDomainsResult {
  /** What WeChat has now; undefined if it does not return it. */
  domains: ServerDomains | undefined;
  /** Left out of an otherwise successful set. */
  refused: RefusedDomain[];
}

/**
 * Replaces the server domains of a mini-program, at most 200 of each kind; they take effect with the next release. At most 50
 * times a month (86102). All six lists are sent; an empty one removes that kind. WeChat may refuse some domains and set the
 * others. 85015 for an account that is no mini-program, 85016 for too many, 85017 and 85301 if no change is left after
 * filtering, 85018 for one that the platform has not registered, 85302 without an ICP filing, 85303 for both, 86100 for a
 * scheme, 86101 for a forbidden domain. Source: ../domain-management/api_modifyserverdomain.html
 */
export const setServerDomains: Endpoint<{ domains: ServerDomains }, SetServerDomainsResult> = {
  api: API.setServerDomains,
  body: ({ domains }) => ({
    action: 'set',
    ...Object.fromEntries(kinds.map((kind) => [FIELDS[kind], domains[kind]])),
  }),
  read: (answer) =>
    saysOk(answer)
      ? { domains: hasDomains(answer) ? readDomains(answer) : undefined, refused: readRefused(answer) }
      : undefined,
};

function hasDomains(answer: JsonObject): boolean {
  return kinds.some((kind) => Array.isArray(answer[FIELDS[kind]]));
}

function readDomains(answer: JsonObject): ServerDomains {
  return Object.fromEntries(kinds.map((kind) => [kind, texts(answer[FIELDS[kind]])])) as ServerDomains;
}

function readRefused(answer: JsonObject): RefusedDomain[] {
  const invalid = kinds.flatMap((kind) =>
    texts(answer[`invalid_${FIELDS[kind]}`]).map((domain) => ({ kind, domain, cause: 'INVALID' as const })),
  );
  const withoutIcp = texts(answer.no_icp_domain).map((domain) => ({
    kind: undefined,
    domain,
    cause: 'NO_ICP' as const,
  }));
  return [...invalid, ...withoutIcp];
}

/** The domains of one family by who set them. */
export interface EffectiveDomains<Domains> {
  /** By the owner, in WeChat's console. */
  setByOwner: Domains;
  /** By the platform, with `setServerDomains` or `setWebviewDomains`. */
  setByPlatform: Domains;
  /** By the platform, with the calls for direct settings. */
  setDirectly: Domains;
  /** In effect since the last commit or release. */
  effective: Domains;
}

/**
 * Returns the server domains of a mini-program by who set them, and those in effect. An absent body gives errcode 44002, so
 * `{}` is sent. Source: ../domain-management/api_geteffectiveserverdomain.html
 */
export const getEffectiveServerDomains: Endpoint<NoRequest, EffectiveDomains<ServerDomains>> = {
  api: API.getEffectiveServerDomains,
  body: () => ({}),
  read: (answer) => readEffective(answer, 'domain', (value) => readDomains(object(value) ?? {})),
};

/**
 * Replaces the domains that a mini-program may open in a web-view, at most 300 (89029), each with `https://` and without a
 * port; they take effect with the next release. The action is always sent: without it WeChat adds all domains of the platform.
 * 89019 if nothing changes, 89020 and 89021 for a domain that the platform has not registered, 89231 for a personal account.
 * Source: ../domain-management/api_modifyjumpdomain.html
 */
export const setWebviewDomains: Endpoint<{ domains: string[] }, Done> = {
  api: API.setWebviewDomains,
  body: ({ domains }) => ({ action: 'set', webviewdomain: domains }),
  read: readDone,
};

/**
 * Returns the web-view domains of a mini-program by who set them, and those in effect. An absent body gives errcode 44002, so
 * `{}` is sent. Source: ../domain-management/api_geteffectivejumpdomain.html
 */
export const getEffectiveWebviewDomains: Endpoint<NoRequest, EffectiveDomains<string[]>> = {
  api: API.getEffectiveWebviewDomains,
  body: () => ({}),
  read: (answer) => readEffective(answer, 'webviewdomain', texts),
};

function readEffective<Domains>(
  answer: JsonObject,
  field: 'domain' | 'webviewdomain',
  read: (value: unknown) => Domains,
): EffectiveDomains<Domains> | undefined {
  if (!saysOk(answer) && answer[`effective_${field}`] === undefined) return undefined;
  return {
    setByOwner: read(answer[`mp_${field}`]),
    setByPlatform: read(answer[`third_${field}`]),
    setDirectly: read(answer[`direct_${field}`]),
    effective: read(answer[`effective_${field}`]),
  };
}
