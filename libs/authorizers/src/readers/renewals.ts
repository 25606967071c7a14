import { notify } from '@wxa/postgres';
import { type Actor, type Recording, recordedTransaction } from '@wxa/postgres/trail';
import type { Pool } from 'pg';
import type { TokenContext } from '../sealed-columns.js';
import { CODES_CHANNEL } from '../token-life.js';

// 10 minutes before its end, or a quarter of a shorter life: the expression of the index `authorizers_read`.
const DUE = `((access_token_until at time zone 'UTC') - least(interval '10 minutes', (access_token_until - access_token_at) / 4))`;
const NOW = `(statement_timestamp() at time zone 'UTC')`;
// A claim is repeated if its worker did not renew the token.
const CLAIMABLE = `state = 'AUTHORIZED' and code is null
  and (renewal_claimed_at is null or renewal_claimed_at < statement_timestamp() - interval '5 seconds')`;
// Both parts ask for a range: without statistics, as after the first sync, PostgreSQL reads all rows of a state for `is not null`.
// A token that has been due for a day has no reader: one that read it then would have asked for its renewal. Without a refresh token none
// is renewed ahead; if a reader wants one, WeChat says which refresh token is the current one.
const CLAIM = `
with claimed as (update authorizers set renewal_claimed_at = clock_timestamp() where appid = any((
  array(select appid from authorizers where renewal_wanted_at between '-infinity' and statement_timestamp() and ${CLAIMABLE}
    order by renewal_wanted_at limit $1 for update skip locked)
  || array(select appid from authorizers where read_at > statement_timestamp() - interval '24 hours'
    and ${DUE} between ${NOW} - interval '24 hours' and ${NOW} and refresh_token is not null and ${CLAIMABLE}
    order by ${DUE} limit $1 for update skip locked))[1:$1])
returning appid)
select array(select appid from claimed) as appids,
  exists (select from components where renewal_wanted_at is not null) as "isPlatformWanted"`;

/** What is to be renewed: mini-programs, and the platform's own token if another one is wanted. */
export interface ClaimedRenewals {
  appids: string[];
  isPlatformWanted: boolean;
}

/**
 * Takes mini-programs whose token is to be renewed: a reader or an operator wants it, or it was read in the last 24 hours and ends within
 * 10 minutes. Each is returned to one caller, and again after 5 s if it was not renewed.
 */
export async function claimRenewals({ calls }: TokenContext, limit: number): Promise<ClaimedRenewals> {
  const query = { name: 'claim-renewals', text: CLAIM, values: [limit] };
  const { rows } = await calls.query<ClaimedRenewals>(query);
  return rows[0] as ClaimedRenewals;
}

const WANT_ALL = `
with authorizer as (
  update authorizers set renewal_wanted_at = clock_timestamp()
  where state = 'AUTHORIZED' and access_token is not null and ($1::text[] is null or appid = any($1)) returning appid
), platform as (
  update components set renewal_wanted_at = clock_timestamp()
  where access_token is not null and ($1::text[] is null or appid = any($1)) returning appid
)
select appid from authorizer union all select appid from platform order by appid`;

/**
 * Lets workers renew tokens now, the platform's included, which ends those that are in use within 5 minutes.
 * @param appids null: of all. @returns those that will be renewed.
 */
export function wantRenewals(
  pool: Pool,
  recording: Recording,
  { appids, reason }: { appids: string[] | null; reason: string },
): Promise<string[]> {
  return recordedTransaction(pool, recording, async (client, record) => {
    const { rows } = await client.query<{ appid: string }>(WANT_ALL, [appids]);
    const wanted = rows.map(({ appid }) => appid);
    if (appids === null && wanted.length > 0)
      await record({ action: 'token.renewed', detail: { all: true, count: wanted.length, reason } });
    else for (const appid of wanted) await record({ action: 'token.renewed', appid, detail: { reason } });
    await notify(client, CODES_CHANNEL);
    return wanted;
  });
}

const WANT_ONE = `
update authorizers set renewal_wanted_at = clock_timestamp()
where appid = $1 and state = 'AUTHORIZED' and access_token is not null and renewal_wanted_at is null
  and access_token_at < clock_timestamp() - interval '1 minute'`;

/** Lets a worker renew the token of a mini-program, unless that is wanted already or it is less than a minute old. Returns whether it does. */
export function renewToken(
  { calls, onRecorded }: TokenContext,
  { appid, reason }: { appid: string; reason: string },
  by: Actor,
): Promise<boolean> {
  return recordedTransaction(calls, { by, onRecorded }, async (client, record) => {
    if ((await client.query(WANT_ONE, [appid])).rowCount === 0) return false;
    await record({ action: 'token.renewed', appid, detail: { reason } });
    await notify(client, CODES_CHANNEL);
    return true;
  });
}

const UNRENEWED = `
select appid from authorizers where renewal_wanted_at is not null and appid = any($1)
union all select appid from components where renewal_wanted_at is not null and appid = any($1) order by appid`;

/** Those of them that were not renewed yet, for which an authorization may be missing. */
export async function unrenewed(pool: Pool, appids: string[]): Promise<string[]> {
  return (await pool.query<{ appid: string }>(UNRENEWED, [appids])).rows.map(({ appid }) => appid);
}

const WAITING = `
select appid from authorizers
where appid = any($1) and state = 'AUTHORIZED' and (renewal_wanted_at is not null or code is not null)
union all select appid from components where appid = any($1) and renewal_wanted_at is not null`;

/** Whether a worker is to renew the token of each appid, in order, or to exchange a code for it. */
export async function awaitRenewal({ calls }: TokenContext, appids: string[]): Promise<boolean[]> {
  const query = { name: 'await-renewal', text: WAITING, values: [appids] };
  const waiting = new Set((await calls.query<{ appid: string }>(query)).rows.map(({ appid }) => appid));
  return appids.map((appid) => waiting.has(appid));
}
