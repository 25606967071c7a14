import type { Statements } from '@wxa/postgres';
import type { Pool } from 'pg';
import { MONTH_ENDS } from './api-stop.js';

/** One list of the platform's domains, without schemes. */
export interface PlatformDomainLists {
  published: string[];
  testing: string[];
}

const STOP = `
insert into mini_program_setups (appid, domain_stop_until) values ($1, ${MONTH_ENDS})
on conflict (appid) do update set domain_stop_until = excluded.domain_stop_until`;

/** WeChat accepts no further change of the server domains of a mini-program until the month ends in China (86102). */
export async function stopDomainChanges(pool: Statements, appid: string): Promise<void> {
  await pool.query({ text: STOP, values: [appid] });
}

/** Until when no server domains of a mini-program can be changed; undefined if they can. */
export async function domainChangesStoppedUntil(pool: Statements, appid: string): Promise<Date | undefined> {
  const { rows } = await pool.query<{ until: Date }>({
    text: `select domain_stop_until as until from mini_program_setups
      where appid = $1 and domain_stop_until > clock_timestamp()`,
    values: [appid],
  });
  return rows[0]?.until;
}

/** SHA-256 of the additional text of the privacy guide that WeChat accepted last; undefined if that is not known. */
export async function sentPrivacyText(pool: Statements, appid: string): Promise<Buffer | undefined> {
  const { rows } = await pool.query<{ sha256: Buffer }>({
    text: `select privacy_text_sha256 as sha256 from mini_program_setups
      where appid = $1 and privacy_text_sha256 is not null`,
    values: [appid],
  });
  return rows[0]?.sha256;
}

export async function keepSentPrivacyText(
  pool: Statements,
  appid: string,
  sha256: Buffer | null,
): Promise<void> {
  await pool.query({
    text: `insert into mini_program_setups (appid, privacy_text_sha256) values ($1, $2)
      on conflict (appid) do update set privacy_text_sha256 = excluded.privacy_text_sha256`,
    values: [appid, sha256],
  });
}

// `read_at` is of both lists: one that is read alone leaves the other as old as it is.
const KEEP_DOMAINS = `
insert into platform_domains as d (server, webview, read_at)
values ($1::json, $2::json, case when $1 is null or $2 is null then '-infinity' else clock_timestamp() end)
on conflict (one_row) do update set read_at = greatest(d.read_at, excluded.read_at),
  server = coalesce(excluded.server, d.server), webview = coalesce(excluded.webview, d.webview),
  changed_at = case when coalesce(excluded.server, d.server)::text is distinct from d.server::text
    or coalesce(excluded.webview, d.webview)::text is distinct from d.webview::text
    then clock_timestamp() else d.changed_at end`;

/** Stores lists of the platform's domains as WeChat returned them; one that is not given stays. */
export async function keepPlatformDomains(
  pool: Pool,
  { server, webview }: { server?: PlatformDomainLists; webview?: PlatformDomainLists },
): Promise<void> {
  const [serverJson, webviewJson] = [server, webview].map((lists) => lists && JSON.stringify(lists));
  await pool.query(KEEP_DOMAINS, [serverJson ?? null, webviewJson ?? null]);
}
