import { isIP } from 'node:net';
import { problem, type ServerDomains } from '@wxa/contracts';
import { type Check, characters, each, elements, field, oneLine, quote, type Rule } from '../checks.js';

const LABEL = '[\\p{L}\\p{N}](?:[\\p{L}\\p{N}-]{0,61}[\\p{L}\\p{N}])?';
const MAX_CHARACTERS = 300;
/** WeChat calls it forbidden (86101). */
const WECHAT_API = 'api.weixin.qq.com';
const MAX_PORT = 65_535;

/** A domain with a scheme, or without one if that is empty. No name ends in a label of digits only (URL standard). */
function domain(scheme: string, port = ''): Check<string> {
  const form = new RegExp(`^${scheme}(?:${LABEL}\\.)+(?!\\d+(?::|$))${LABEL}${port}$`, 'iu');
  return (text) => {
    const [, host = '', portOf = '1'] = /^(?:[a-z]+:\/\/)?(.*?)(?::(\d+))?$/is.exec(text) ?? [];
    if (isIP(host.replace(/[[\]]/g, '')) !== 0 || host.toLowerCase() === WECHAT_API)
      return problem('DOMAIN_NOT_ALLOWED', { actual: quote(text) });
    const isValid = text.length <= MAX_CHARACTERS && form.test(text) && Number(portOf) <= MAX_PORT;
    return isValid
      ? undefined
      : problem('NOT_A_DOMAIN', { form: `${scheme}example.com`, actual: quote(text) });
  };
}

const PORT = '(?::[1-9]\\d{0,4})?';
const HTTPS = [domain('https://', PORT)];
/** WeChat does not document their scheme. */
const AS_GIVEN = [characters(1, MAX_CHARACTERS), oneLine];

const KINDS: Record<keyof ServerDomains, Check<string>[]> = {
  request: HTTPS,
  websocket: [domain('wss://', PORT)],
  upload: HTTPS,
  download: HTTPS,
  udp: AS_GIVEN,
  tcp: AS_GIVEN,
};

/** WeChat's limit of each kind (85016). */
const MAX_SERVER_DOMAINS = 200;

/** The rules of server domains. */
export const SERVER_DOMAIN_RULES: readonly Rule<ServerDomains>[] = Object.entries(KINDS).flatMap(
  ([kind, checks]) => listRules(kind, (d) => d[kind as keyof ServerDomains], MAX_SERVER_DOMAINS, checks),
);

/** WeChat's limit (89029). */
const MAX_WEBVIEW_DOMAINS = 300;

/** The rules of a list of web-view domains. */
export const WEBVIEW_DOMAIN_RULES = domainListRules(MAX_WEBVIEW_DOMAINS, domain('https://'));

/** The rules of a list of the platform's domains. */
export const platformDomainRules = (max: number) => domainListRules(max, domain(''));

function domainListRules(max: number, check: Check<string>): Rule<{ domains: string[] }>[] {
  return listRules('domains', (list) => list.domains, max, [check]);
}

function listRules<T>(
  name: string,
  get: (value: T) => string[],
  max: number,
  checks: Check<string>[],
): Rule<T>[] {
  return [
    field(name, get, elements(0, max)),
    each(
      name,
      get,
      max,
      field('', (text) => text, ...checks),
    ),
  ];
}

/** Whether two lists have the same domains, in any order. WeChat writes names in lower case. */
export function sameDomains(a: readonly string[], b: readonly string[]): boolean {
  const [one, other] = [a, b].map((list) => new Set(list.map((text) => text.toLowerCase())));
  return one?.size === other?.size && [...(one ?? [])].every((text) => other?.has(text));
}

/** Whether two sets of server domains are the same. */
export function sameServerDomains(a: ServerDomains, b: ServerDomains): boolean {
  return (Object.keys(KINDS) as (keyof ServerDomains)[]).every((kind) => sameDomains(a[kind], b[kind]));
}
