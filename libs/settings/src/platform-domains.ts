import type { MiniProgramSettings } from '@wxa/contracts';
import type { Pool } from 'pg';
import type { ScopeKey } from './scope.js';

/** A family of domains, as the platform registers them at WeChat. */
export type Family = 'server' | 'webview';

/** The domains of one family that the platform has registered, as last read; undefined if they were never read. */
async function readRegistered(pool: Pool, family: Family): Promise<string[] | undefined> {
  const { rows } = await pool.query<{ lists: { published?: string[]; testing?: string[] } | null }>(
    `select ${family} as lists from platform_domains`,
  );
  const lists = rows[0]?.lists ?? undefined;
  return lists && [...(lists.published ?? []), ...(lists.testing ?? [])].map((name) => name.toLowerCase());
}

/** The domains of a layer that the platform has not registered, as far as that is known. */
export async function findUnregistered(pool: Pool, settings: MiniProgramSettings): Promise<string[]> {
  const { request = [], websocket = [], upload = [], download = [] } = settings.serverDomains ?? {};
  const named = {
    server: [...request, ...websocket, ...upload, ...download],
    webview: settings.webviewDomains,
  };
  const found = await Promise.all(
    (['server', 'webview'] as const).map(async (family) => {
      const domains = [...new Set(named[family])];
      const registered = domains.length === 0 ? undefined : await readRegistered(pool, family);
      return registered === undefined ? [] : domains.filter((domain) => !registered.includes(hostOf(domain)));
    }),
  );
  return found.flat();
}

const hostOf = (domain: string) => /^[a-z]+:\/\/([^:/]+)/i.exec(domain)?.[1]?.toLowerCase() ?? domain;

/** A layer that names a domain. */
export interface DomainUse {
  scope: ScopeKey;
  domain: string;
}

const NAMED = {
  server: `json_each(l.settings -> 'serverDomains') k (kind, list), json_array_elements_text(list) d (domain)`,
  webview: `json_array_elements_text(l.settings -> 'webviewDomains') d (domain)`,
} as const;

/**
 * Layers that name a domain which a new list of the platform's domains removes, at most ten. Without a list that was read
 * before, each domain that the new one lacks counts as removed.
 */
export async function findRemovedInUse(pool: Pool, family: Family, domains: string[]): Promise<DomainUse[]> {
  const before = await readRegistered(pool, family);
  const { rows } = await pool.query<DomainUse>(
    `select distinct scope, domain from settings_layers l, ${NAMED[family]},
       lower(substring(domain from '^[A-Za-z]+://([^:/]+)')) h (host)
     where host <> all($1::text[]) and ($2::text[] is null or host = any($2)) order by scope, domain limit 10`,
    [domains.map((name) => name.toLowerCase()), before ?? null],
  );
  return rows;
}
