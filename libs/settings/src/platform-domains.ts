import type { MiniProgramSettings } from '@wxa/contracts';
import type { Statements } from '@wxa/postgres';
import type { Pool } from 'pg';
import type { ScopeKey } from './scope.js';

/** A family of domains, as the platform registers them at WeChat. */
export type Family = 'server' | 'webview';

const FAMILIES: readonly Family[] = ['server', 'webview'];

/** The names that the platform has registered, in lower case, as last read; undefined if they were never read. */
export type Registered = { readonly [F in Family]?: readonly string[] };

type Lists = { published?: string[]; testing?: string[] } | null;

export async function readRegistered(pool: Statements): Promise<Registered> {
  const { rows } = await pool.query<Record<Family, Lists>>({
    text: 'select server, webview from platform_domains',
    values: [],
  });
  const { server = null, webview = null } = rows[0] ?? {};
  return { ...(server && { server: namesOf(server) }), ...(webview && { webview: namesOf(webview) }) };
}

const namesOf = ({ published = [], testing = [] }: NonNullable<Lists>) =>
  [...published, ...testing].map((name) => name.toLowerCase());

/** The domains of settings that the platform has not registered, as far as that is known. */
export const findUnregistered = async (pool: Pool, settings: MiniProgramSettings): Promise<string[]> =>
  unregisteredOf(settings, await readRegistered(pool));

type Domains = Partial<Pick<MiniProgramSettings, 'serverDomains' | 'webviewDomains'>>;

export function unregisteredOf(settings: Domains, registered: Registered): string[] {
  return FAMILIES.flatMap((family) => {
    const names = registered[family];
    if (names === undefined) return [];
    return [...new Set(namedBy(settings)[family])].filter((domain) => !isCovered(family, domain, names));
  });
}

/** Whether settings name a domain of a list of the platform that was never read. */
export function dependOnUnread(settings: Domains, registered: Registered): boolean {
  return FAMILIES.some((family) => namedBy(settings)[family].length > 0 && registered[family] === undefined);
}

/** The platform registers no UDP and TCP domains. */
function namedBy({ serverDomains, webviewDomains = [] }: Domains): Record<Family, string[]> {
  const { request = [], websocket = [], upload = [], download = [] } = serverDomains ?? {};
  return { server: [...request, ...websocket, ...upload, ...download], webview: webviewDomains };
}

/** A registered web-view domain covers its subdomains too (89021). */
function isCovered(family: Family, domain: string, names: readonly string[]): boolean {
  const host = (/^[a-z]+:\/\/([^:/]+)/i.exec(domain)?.[1] ?? domain).toLowerCase();
  return names.some((name) => host === name || (family === 'webview' && host.endsWith(`.${name}`)));
}

/** A layer that names a domain. */
export interface DomainUse {
  scope: ScopeKey;
  domain: string;
}

/** The domains of layers as rows, with their names: what `namedBy` returns. */
const NAMED = {
  server: named(`unnest(array['request', 'websocket', 'upload', 'download']) k (kind),
    json_array_elements_text(l.settings -> 'serverDomains' -> kind) d (domain)`),
  webview: named(`json_array_elements_text(l.settings -> 'webviewDomains') d (domain)`),
} as const;

function named(domains: string): string {
  return `settings_layers l, ${domains}, lower(substring(domain from '^[A-Za-z]+://([^:/]+)')) h (host)`;
}

/** What `isCovered` returns, of a host and a list of names. */
const COVERED = {
  server: (names: string) => `host = any(${names}::text[])`,
  webview: (names: string) => `exists (
    select from unnest(${names}::text[]) n (name) where host = name or right(host, length(name) + 1) = '.' || name)`,
} as const;

/**
 * Layers that name a domain which a new list of the platform's domains removes, at most ten. Without a list that was read
 * before, each domain that the new one lacks counts as removed.
 */
export async function findRemovedInUse(pool: Pool, family: Family, domains: string[]): Promise<DomainUse[]> {
  const before = (await readRegistered(pool))[family];
  const isCovered = COVERED[family];
  const { rows } = await pool.query<DomainUse>(
    `select distinct scope, domain from ${NAMED[family]}
     where not ${isCovered('$1')} and ($2::text[] is null or ${isCovered('$2')}) order by scope, domain limit 10`,
    [domains.map((name) => name.toLowerCase()), before ?? null],
  );
  return rows;
}

// Most layers name domains, so that one of the first is found.
const READ_DUE = `
select not exists (select from platform_domains where read_at > clock_timestamp() - interval '1 hour')
  and (exists (select from ${NAMED.server}) or exists (select from ${NAMED.webview})) as "isDue"`;

/** Whether a layer names a domain and the platform's domains were not read for an hour. */
export async function isPlatformReadDue(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query<{ isDue: boolean }>(READ_DUE);
  return rows[0]?.isDue === true;
}

/** How many layers there are by scope, and how many names of domains in them the platform has not registered. */
export interface LayerCounts {
  platform: number;
  label: number;
  appid: number;
  unregistered: number;
}

const unregisteredIn = (family: Family, names: string) => `case when ${names}::text[] is null then 0 else (
  select count(distinct host)::int from ${NAMED[family]} where not ${COVERED[family](names)}) end`;

const COUNT = `
select count(*) filter (where scope = 'PLATFORM')::int as platform,
  count(*) filter (where scope like 'LABEL:%')::int as label,
  count(*) filter (where scope like 'APPID:%')::int as appid,
  ${unregisteredIn('server', '$1')} + ${unregisteredIn('webview', '$2')} as unregistered
from settings_layers`;

export async function countLayers(pool: Pool): Promise<LayerCounts> {
  const { server = null, webview = null } = await readRegistered(pool);
  const { rows } = await pool.query<LayerCounts>(COUNT, [server, webview]);
  const [counts] = rows;
  if (counts === undefined) throw new Error('Postgres returned no row');
  return counts;
}
