import type { MiniProgramSettings } from '@wxa/contracts';
import type { Statements } from '@wxa/postgres';
import type { Pool } from 'pg';
import type { ScopeKey } from './scope.js';

/** A family of domains, as the platform registers them at WeChat. */
export type Family = 'server' | 'webview';

/** The domains that the platform has registered, as last read; undefined if they were never read. */
export type Registered = Record<Family, string[] | undefined>;

type Lists = { published?: string[]; testing?: string[] } | null;

export async function readRegistered(pool: Statements): Promise<Registered> {
  const { rows } = await pool.query<Record<Family, Lists>>({
    text: 'select server, webview from platform_domains',
    values: [],
  });
  return { server: namesOf(rows[0]?.server ?? null), webview: namesOf(rows[0]?.webview ?? null) };
}

const namesOf = (lists: Lists) =>
  lists === null
    ? undefined
    : [...(lists.published ?? []), ...(lists.testing ?? [])].map((name) => name.toLowerCase());

/** The domains of settings that the platform has not registered, as far as that is known. */
export const findUnregistered = async (pool: Pool, settings: MiniProgramSettings): Promise<string[]> =>
  unregisteredOf(settings, await readRegistered(pool));

export function unregisteredOf(settings: MiniProgramSettings, registered: Registered): string[] {
  const { request = [], websocket = [], upload = [], download = [] } = settings.serverDomains ?? {};
  const named = {
    server: [...request, ...websocket, ...upload, ...download],
    webview: settings.webviewDomains,
  };
  return (['server', 'webview'] as const).flatMap((family) => {
    const names = registered[family];
    return names === undefined
      ? []
      : [...new Set(named[family])].filter((domain) => !names.includes(hostOf(domain)));
  });
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
  const before = (await readRegistered(pool))[family];
  const { rows } = await pool.query<DomainUse>(
    `select distinct scope, domain from settings_layers l, ${NAMED[family]},
       lower(substring(domain from '^[A-Za-z]+://([^:/]+)')) h (host)
     where host <> all($1::text[]) and ($2::text[] is null or host = any($2)) order by scope, domain limit 10`,
    [domains.map((name) => name.toLowerCase()), before ?? null],
  );
  return rows;
}
