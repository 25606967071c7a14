import { storable } from '@wxa/postgres';
import type { ClientBase } from 'pg';
import { changing } from '../changes.js';
import { type DirectoryContext, placeOf } from '../sealed-columns.js';
import type { AbsentAuthorizer, KnownAuthorizer } from './decide.js';
import { ignore } from './ignored.js';

/** An account of WeChat's list with its refresh token. */
export interface ListedAuthorizer {
  appid: string;
  refreshToken: string;
  /** Null if the list does not say. */
  authorizedAt: Date | null;
}

/** What Postgres has of an account of the list; `ignoredAt`: until when a sync ignores it. */
export interface Lookup {
  appid: string;
  known: KnownAuthorizer | undefined;
  ignoredAt: Date | null;
}

const LOOK_UP = `
select listed.appid, i.told_at as "ignoredAt", a.state, a.code is not null as "hasCode",
  a.permission_sets is not null as "hasPermissionSets", a.refresh_token is null and $3 as "lacksToken",
  a.authorized_at as "authorizedAt", a.told_at as "toldAt", a.updated_at > $2 as "isNewer"
from unnest($1::text[]) listed(appid)
left join authorizers a on a.appid = listed.appid
left join authorizer_ignored i on i.appid = listed.appid`;

export async function lookUpListed(
  { calls, secrets }: DirectoryContext,
  appids: string[],
  startedAt: Date,
): Promise<Lookup[]> {
  const { rows } = await calls.query<
    Omit<KnownAuthorizer, 'state'> & Omit<Lookup, 'known'> & { state: KnownAuthorizer['state'] | null }
  >({ name: 'look-up-listed', text: LOOK_UP, values: [appids, startedAt, secrets !== undefined] });
  return rows.map(({ appid, ignoredAt, state, ...rest }) => ({
    ...{ appid, ignoredAt, known: state === null ? undefined : { state, ...rest } },
  }));
}

const GIVEN = `(select * from unnest($1::text[], $2::text[], $3::timestamptz[]) g(appid, token, authorized_at)) given`;

// Removed meanwhile: the tombstone is there.
const ADD = `
with added as (
  insert into authorizers (appid, state, refresh_token, authorized_at)
  select appid, 'AUTHORIZED', token, authorized_at from ${GIVEN}
  where not exists (select from authorizer_ignored i
    where i.appid = given.appid and i.told_at >= coalesce(given.authorized_at, '-infinity'))
  on conflict (appid) do nothing
  returning appid
), unignored as (
  delete from authorizer_ignored where appid in (select appid from added)
)
select appid from added`;

const RECOVER = `
update authorizers a set state = 'AUTHORIZED', refresh_token = given.token, refresh_token_id = gen_random_uuid(),
  access_token = null, permission_sets = null, authorized_at = given.authorized_at, last_error = null, last_error_at = null,
  updated_at = clock_timestamp()
from ${GIVEN}
where a.appid = given.appid and a.state = 'UNAUTHORIZED' and a.told_at < given.authorized_at
returning a.appid`;

const COMPLETE = `
update authorizers a set refresh_token = given.token, refresh_token_id = gen_random_uuid(), updated_at = clock_timestamp()
from ${GIVEN}
where a.appid = given.appid and a.state = 'AUTHORIZED' and a.refresh_token is null and a.code is null
returning a.appid`;

/** Stores those that have no row; with their refresh tokens if this service keeps those. Returns their appids. */
export const addListed = (context: DirectoryContext, listed: ListedAuthorizer[]) =>
  store(context, ADD, listed);

/** Stores those that had withdrawn their authorization before, likewise. Returns their appids. */
export const recoverListed = (context: DirectoryContext, listed: ListedAuthorizer[]) =>
  store(context, RECOVER, listed);

/** Stores the refresh tokens of those that have none. Returns their appids. */
export const completeListed = (context: DirectoryContext, listed: ListedAuthorizer[]) =>
  store(context, COMPLETE, listed);

async function store(context: DirectoryContext, text: string, listed: ListedAuthorizer[]): Promise<string[]> {
  if (listed.length === 0) return [];
  const appids = listed.map(({ appid }) => appid);
  const sealed = listed.map(
    ({ appid, refreshToken }) =>
      context.secrets?.seal(placeOf('authorizers', appid, 'refresh_token'), refreshToken) ?? null,
  );
  const values = [appids, sealed, listed.map(({ authorizedAt }) => authorizedAt)];
  return changing(context, { appids }, async (client) => {
    const { rows } = await client.query<{ appid: string }>(text, values);
    return rows.map(({ appid }) => appid);
  });
}

/** What WeChat says of an account of its list. */
export interface ListedInfo {
  appid: string;
  authorizedAt: Date | null;
  /** `toldAt` of its row when the sync looked it up: a callback wins. */
  toldAt: Date | null;
  permissionSets: number[];
  nickName: string;
}

const KEEP_INFO = `
update authorizers a set permission_sets = $2, nick_name = $3, authorized_at = greatest(a.authorized_at, $4),
  updated_at = clock_timestamp()
from (select appid, permission_sets, authorized_at from authorizers where appid = $1) before
where a.appid = before.appid and a.state = 'AUTHORIZED' and a.code is null and a.told_at is not distinct from $5
returning coalesce(before.permission_sets <> a.permission_sets, false) as "isChanged",
  coalesce(before.authorized_at < a.authorized_at, false) as "isNew"`;

type Kept = Record<'isChanged' | 'isNew', boolean>;

/** Stores the permission sets, the name and the time of the authorization. Returns whether other permission sets were known. */
export async function keepListedInfo(context: DirectoryContext, info: ListedInfo): Promise<boolean> {
  const { appid, permissionSets, nickName, authorizedAt, toldAt } = info;
  const values = [appid, permissionSets, storable(nickName), authorizedAt, toldAt];
  const changed = { appids: [appid], isNew: (kept?: Kept) => kept?.isNew === true };
  const kept = await changing(context, changed, async (client) => {
    const { rows } = await client.query<Kept>(KEEP_INFO, values);
    return rows[0];
  });
  return kept?.isChanged ?? false;
}

// One that came by a callback or an import stays: somebody wanted it.
const REMOVE_ADDED = `delete from authorizers
  where appid = $1 and state = 'AUTHORIZED' and told_at is null and code is null and imported is null`;

/**
 * The account is no mini-program: deletes what a sync stored of it, and ignores it from now on. Returns false if the account
 * came by a callback or an import; it then stays.
 */
export function ignoreListed(
  context: DirectoryContext,
  { appid, authorizedAt }: Pick<ListedAuthorizer, 'appid' | 'authorizedAt'>,
): Promise<boolean> {
  return changing(context, { appids: [appid] }, async (client) => {
    await client.query(REMOVE_ADDED, [appid]);
    if (await hasRow(client, appid)) return false;
    await ignore(client, { appid, cause: 'NOT_MINI_PROGRAM', authorizedAt });
    return true;
  });
}

async function hasRow(client: ClientBase, appid: string): Promise<boolean> {
  const { rowCount } = await client.query('select from authorizers where appid = $1', [appid]);
  return rowCount === 1;
}

const LISTED_AGAIN = `update authorizers set unlisted_at = null where unlisted_at is not null and appid = any($1)`;

const ABSENT = `
select a.appid, a.refresh_token_id as used, a.code is not null as "hasCode", a.updated_at > $2 as "isNewer",
  coalesce(a.unlisted_at < $2, false) as "wasAbsent"
from authorizers a left join unnest($1::text[]) listed(appid) on listed.appid = a.appid
where a.state = 'AUTHORIZED' and listed.appid is null`;

/** An authorized mini-program that a complete list does not have; `used` is the id of its refresh token. */
export type Absent = AbsentAuthorizer & { appid: string; used: string };

/** Those that are authorized and not listed. @param appids the complete list. */
export async function absentAuthorizers(
  { calls }: DirectoryContext,
  appids: string[],
  startedAt: Date,
): Promise<Absent[]> {
  await calls.query(LISTED_AGAIN, [appids]);
  const { rows } = await calls.query<Absent>(ABSENT, [appids, startedAt]);
  return rows;
}

/** Notes that a list does not have these, or that it is known why. @param isAbsent whether a second absence is to be checked. */
export async function noteAbsence(
  { calls }: DirectoryContext,
  appids: string[],
  isAbsent: boolean,
): Promise<void> {
  await calls.query(
    'update authorizers set unlisted_at = case when $2 then clock_timestamp() end where appid = any($1)',
    [appids, isAbsent],
  );
}
