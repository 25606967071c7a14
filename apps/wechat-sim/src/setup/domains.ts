import { chineseDate } from '../mini-program/audits.js';
import type { ApiDefinition, Call } from '../model/api.js';
import type { MiniProgram } from '../model/mini-program.js';
import { done, type Outcome, reject } from '../model/outcome.js';
import type { Platform } from '../model/platform.js';
import { type DomainKind, type Domains, hostOf, isRegistered, SERVER_KINDS } from '../model/setup.js';

const MAX_OF_KIND = 200;
const MAX_WEBVIEW = 300;
const CHANGES_PER_MONTH = 50;

const SCHEMES: Partial<Record<DomainKind, RegExp>> = {
  requestdomain: /^https:\/\/[^/]+$/,
  wsrequestdomain: /^wss:\/\/[^/]+$/,
  uploaddomain: /^https:\/\/[^/]+$/,
  downloaddomain: /^https:\/\/[^/]+$/,
  webviewdomain: /^https:\/\/[^/:]+$/,
};

type ServerKind = (typeof SERVER_KINDS)[number];
type ServerDomains = Pick<Domains, ServerKind>;

export const DOMAIN_APIS: readonly ApiDefinition[] = [
  { name: 'wxa/modify_domain', verb: 'POST', kind: 'change', hasAction: true, run: modifyDomain },
  { name: 'wxa/setwebviewdomain', verb: 'POST', kind: 'change', hasAction: true, run: setWebviewDomain },
  { name: 'wxa/get_effective_domain', verb: 'POST', kind: 'query', run: getEffectiveDomain },
  { name: 'wxa/get_effective_webviewdomain', verb: 'POST', kind: 'query', run: getEffectiveWebviewDomain },
];

/**
 * POST wxa/modify_domain: refuses single domains and sets the others. If it refuses all: 85301, 85302 without an ICP filing,
 * 85303 for both. 85301 also if nothing changes, 86102 after 50 changes in a month.
 */
function modifyDomain({ setup }: MiniProgram, { body, now, platform }: Call): Outcome {
  const current = byServerKind((kind) => setup.domains.byPlatform[kind]);
  if (body.action === 'get') return done({ fields: current });
  if (!isChange(body.action)) return reject(85022);
  const asked = byServerKind((kind) => texts(body[kind]) ?? []);
  if (SERVER_KINDS.some((kind) => texts(body[kind]) === undefined)) return reject(40097);
  if (SERVER_KINDS.some((kind) => asked[kind].length > MAX_OF_KIND)) return reject(85016);
  if (changesLeft(setup.domainChanges, now) === 0) return reject(86102);
  const { accepted, invalid, noIcp } = judged(platform, body.action, asked);
  const next = byServerKind((kind) => changed(body.action, current[kind], accepted[kind]));
  const fields = { ...prefixed(invalid), no_icp_domain: noIcp };
  const isRefused = count(invalid) + noIcp.length > 0;
  if (isRefused ? count(accepted) === 0 : isSame(next, current)) {
    const errcode = noIcp.length === 0 ? 85301 : count(invalid) === 0 ? 85302 : 85303;
    return { ...reject(errcode), fields: { ...current, ...fields } };
  }
  setup.domainChanges.used += 1;
  Object.assign(setup.domains.byPlatform, next);
  return done({ fields: { ...next, ...fields }, effect: `modify_domain ${count(next)}` });
}

function judged(platform: Platform, action: unknown, asked: ServerDomains) {
  if (action === 'delete') return { accepted: asked, invalid: byServerKind(() => []), noIcp: [] };
  const isValid = (kind: DomainKind, domain: string) =>
    isWellFormed(kind, domain) && isRegistered(platform, kind, domain);
  const isFiled = (domain: string) => !platform.noIcpDomains.includes(hostOf(domain));
  const valid = byServerKind((kind) => asked[kind].filter((domain) => isValid(kind, domain)));
  return {
    accepted: byServerKind((kind) => valid[kind].filter(isFiled)),
    invalid: byServerKind((kind) => asked[kind].filter((domain) => !isValid(kind, domain))),
    noIcp: [...new Set(SERVER_KINDS.flatMap((kind) => valid[kind].filter((domain) => !isFiled(domain))))],
  };
}

function isWellFormed(kind: DomainKind, domain: string): boolean {
  const host = hostOf(domain);
  const isForbidden = host === 'api.weixin.qq.com' || /^[\d.]+$/.test(host);
  return !isForbidden && (SCHEMES[kind]?.test(domain) ?? true);
}

/**
 * POST wxa/setwebviewdomain: without an action it adds all domains of the platform. 89231 for an individual, 89020 if the
 * platform has registered none, 89021 for one that it has not, 89019 if nothing changes, 89029 for more than 300.
 */
function setWebviewDomain({ setup }: MiniProgram, { body, platform }: Call): Outcome {
  if (setup.isIndividual) return reject(89231);
  const { webviewdomain: current } = setup.domains.byPlatform;
  const { published } = platform.domains.webview;
  if (body.action === 'get') return done({ fields: { webviewdomain: current } });
  if (published?.length === 0) return reject(89020);
  const { action = 'add' } = body;
  const asked =
    body.action === undefined ? published?.map((host) => `https://${host}`) : texts(body.webviewdomain);
  if (!isChange(action)) return reject(85022);
  if (!asked) return reject(40097);
  const isValid = (domain: string) =>
    isWellFormed('webviewdomain', domain) && isRegistered(platform, 'webviewdomain', domain);
  if (action !== 'delete' && !asked.every(isValid)) return reject(89021);
  const next = changed(action, current, asked);
  if (next.length > MAX_WEBVIEW) return reject(89029);
  if (`${next.toSorted()}` === `${current.toSorted()}`) return reject(89019);
  setup.domains.byPlatform.webviewdomain = next;
  return done({ effect: `setwebviewdomain ${next.length}` });
}

/** POST wxa/get_effective_domain: the server domains by who set them; those in effect since the last release. */
function getEffectiveDomain({ setup: { domains } }: MiniProgram): Outcome {
  const servers = (of: Domains) => byServerKind((kind) => of[kind]);
  return done({
    fields: {
      mp_domain: servers(domains.byOwner),
      third_domain: servers(domains.byPlatform),
      direct_domain: byServerKind(() => []),
      effective_domain: servers(domains.effective),
    },
  });
}

/** POST wxa/get_effective_webviewdomain: the same of the web-view domains. */
function getEffectiveWebviewDomain({ setup: { domains } }: MiniProgram): Outcome {
  return done({
    fields: {
      mp_webviewdomain: domains.byOwner.webviewdomain,
      third_webviewdomain: domains.byPlatform.webviewdomain,
      direct_webviewdomain: [],
      effective_webviewdomain: domains.effective.webviewdomain,
    },
  });
}

export function isChange(action: unknown): boolean {
  return action === 'add' || action === 'delete' || action === 'set';
}

/** A list after an action with other elements, without duplicates. */
export function changed(action: unknown, current: string[], given: string[]): string[] {
  if (action === 'delete') return current.filter((domain) => !given.includes(domain));
  return [...new Set(action === 'add' ? [...current, ...given] : given)];
}

/** The changes left in this Chinese month. */
export function changesLeft(changes: { month: string; used: number }, now: number): number {
  const { month } = chineseDate(now);
  if (changes.month !== month) Object.assign(changes, { month, used: 0 });
  return Math.max(0, CHANGES_PER_MONTH - changes.used);
}

function texts(value: unknown): string[] | undefined {
  return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined;
}

function byServerKind(listOf: (kind: ServerKind) => string[]): ServerDomains {
  return Object.fromEntries(SERVER_KINDS.map((kind) => [kind, listOf(kind)])) as ServerDomains;
}

function prefixed(invalid: ServerDomains): Record<string, string[]> {
  return Object.fromEntries(SERVER_KINDS.map((kind) => [`invalid_${kind}`, invalid[kind]]));
}

function count(domains: ServerDomains): number {
  return SERVER_KINDS.reduce((sum, kind) => sum + domains[kind].length, 0);
}

function isSame(left: ServerDomains, right: ServerDomains): boolean {
  return SERVER_KINDS.every((kind) => `${left[kind].toSorted()}` === `${right[kind].toSorted()}`);
}
