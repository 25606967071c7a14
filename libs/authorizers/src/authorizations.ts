import { createHash, randomUUID } from 'node:crypto';
import type { RecordEntry } from '@wxa/postgres/trail';
import type { ClientBase } from 'pg';
import type { GivenTokens } from './authorizer-tokens.js';
import { changing } from './changes.js';
import { addLinkLabels } from './directory/labels.js';
import { type DirectoryContext, placeOf, type TokenContext } from './sealed-columns.js';
import { stopIgnoring } from './sync/ignored.js';

/** An authorization callback. */
export interface AuthorizationPush {
  /** The mini-program. */
  appid: string;
  /** The same for every delivery of one callback. */
  key: string;
  /** Its CreateTime, in whole seconds. */
  sentAt: Date;
  /** Of a new or changed authorization; null if it was withdrawn. Without keys to encrypt it, it is not stored. */
  code: string | null;
  /** The code of its link; empty if it was none of ours. */
  preAuthCode?: string;
}

/** Maximum number of callbacks of one second whose duplicates are recognized. */
const MAX_KEYS = 20;

/**
 * Applies a callback. Returns false if it is a duplicate, if a later one was applied or the mini-program was removed since, if it
 * withdraws a removed one, or if a sync found a later authorization than this withdrawal. A withdrawal deletes the tokens, an
 * authorization adds the labels of its link. Callbacks are ordered by WeChat's seconds, and within a second by arrival.
 * @param also runs in the same transaction.
 */
export function recordAuthorization(
  context: DirectoryContext,
  push: AuthorizationPush,
  also?: (client: ClientBase) => Promise<unknown>,
): Promise<boolean> {
  const { pushes: pool } = context;
  // A callback that WeChat repeats is no new authorization: a rollout that has taken the mini-program in is done with it.
  const isNew = (isApplied: boolean) => isApplied && push.code !== null;
  const who = { appids: [push.appid], pool, isNew };
  return changing(context, who, async (client, record) => {
    const isNew = await storePush(client, context, push);
    if (isNew && push.code !== null) await followAuthorization(client, record, push);
    await also?.(client);
    return isNew;
  });
}

async function followAuthorization(
  client: ClientBase,
  record: RecordEntry,
  { appid, preAuthCode = '' }: AuthorizationPush,
): Promise<void> {
  await stopIgnoring(client, appid);
  if (preAuthCode !== '') await addLinkLabels(client, record, { appid, preAuthCode });
}

async function storePush(
  client: ClientBase,
  { secrets }: DirectoryContext,
  { appid, key, sentAt, code }: AuthorizationPush,
): Promise<boolean> {
  const wiped = `state = 'UNAUTHORIZED', permission_sets = null, code = null, code_id = null, refresh_token = null,
    refresh_token_id = gen_random_uuid(), access_token = null`;
  // Without the code nothing replaces the permission sets of the authorization before, until a sync reads them.
  const granted = `state = 'AUTHORIZED', code = excluded.code, code_id = excluded.code_id,
    authorized_at = excluded.told_at, permission_sets = case when excluded.code is not null then a.permission_sets end`;
  const sealed =
    secrets === undefined || code === null
      ? [null, null]
      : [secrets.seal(placeOf('authorizers', appid, 'code'), code), randomUUID()];
  // A removed mini-program stays removed when it withdraws, and an authorization from before that is outdated. A gateway of 0.2.0
  // stores an authorization and leaves the removal.
  const removed =
    code === null
      ? `update authorizer_ignored set told_at = greatest(told_at, $3) where appid = $1 and cause = 'REMOVED'
           and (told_at >= $3 or not exists (select from authorizers where appid = $1)) returning appid`
      : `select from authorizer_ignored where appid = $1 and cause = 'REMOVED' and told_at >= $3`;
  const text = `
     with removed as (${removed})
     insert into authorizers as a (appid, state, told_at, told, code, code_id, authorized_at)
     select $1, $2, $3, array[$4::text], $5, $6, $7 where not exists (select from removed)
     on conflict (appid) do update set ${code === null ? wiped : granted},
       last_error = null, last_error_at = null, updated_at = clock_timestamp(), told_at = excluded.told_at,
       told = case when a.told_at = excluded.told_at
         then (excluded.told || a.told)[1:${MAX_KEYS}] else excluded.told end
     where (a.told_at is null or a.told_at < excluded.told_at
         or (a.told_at = excluded.told_at and not a.told @> excluded.told))
       and (excluded.state = 'AUTHORIZED' or a.authorized_at is null or a.authorized_at <= excluded.told_at)`;
  const { rowCount } = await client.query(
    code === null
      ? { name: 'store-withdrawal', text, values: [appid, 'UNAUTHORIZED', sentAt, key, ...sealed, null] }
      : { name: 'store-authorization', text, values: [appid, 'AUTHORIZED', sentAt, key, ...sealed, sentAt] },
  );
  return rowCount === 1;
}

/** A mini-program that authorized the platform before, and its refresh token. */
export interface OfferedAuthorizer {
  appid: string;
  refreshToken: string;
}

/** What an import conflicts with. `repeated`: imported with this token before. `exists`: authorized with another token. */
export type ImportConflict = 'nothing' | 'repeated' | 'exists';

/**
 * What an import conflicts with. An authorized mini-program that has a token is not changed: its token may have been rotated since it
 * was imported.
 */
export async function readImport(
  { calls }: TokenContext,
  offered: OfferedAuthorizer,
): Promise<ImportConflict> {
  const { rows } = await calls.query<{ same: boolean }>(
    `select imported is not distinct from $2 as same from authorizers
     where appid = $1 and state = 'AUTHORIZED' and (refresh_token is not null or code is not null)`,
    [offered.appid, hashOf(offered)],
  );
  if (rows[0] === undefined) return 'nothing';
  return rows[0].same ? 'repeated' : 'exists';
}

/** The refresh token of a mini-program, encrypted, to be stored until it has been verified with WeChat. */
export function sealRefreshToken(
  { secrets }: TokenContext,
  { appid, refreshToken }: OfferedAuthorizer,
): Buffer {
  return Buffer.from(secrets.seal(placeOf('authorizers', appid, 'refresh_token'), refreshToken));
}

/** Undefined if it was encrypted for another mini-program, or with a key that this process does not have. */
export function openRefreshToken(
  { secrets }: TokenContext,
  appid: string,
  sealed: Buffer,
): string | undefined {
  try {
    return secrets.open(placeOf('authorizers', appid, 'refresh_token'), sealed.toString());
  } catch {
    return undefined;
  }
}

const KEEP_IMPORTED = `
insert into authorizers as a
  (appid, state, refresh_token, access_token, access_token_at, access_token_until, imported, told_at)
values ($1, 'AUTHORIZED', $2, $3, clock_timestamp(), clock_timestamp() + $4 * interval '1 millisecond', $5,
  (select told_at from authorizer_ignored where appid = $1 and cause = 'REMOVED'))
on conflict (appid) do update set state = 'AUTHORIZED', refresh_token = excluded.refresh_token,
  refresh_token_id = gen_random_uuid(), access_token = excluded.access_token,
  access_token_at = excluded.access_token_at, access_token_until = excluded.access_token_until,
  code = null, code_id = null, imported = excluded.imported, permission_sets = null,
  renewal_wanted_at = null, renewal_claimed_at = null,
  last_error = null, last_error_at = null, updated_at = clock_timestamp()
where a.state <> 'AUTHORIZED' or (a.refresh_token is null and a.code is null)`;

/** Stores the tokens that WeChat returned for an imported refresh token. Returns false if the mini-program is authorized and has some. */
export function keepImported(
  context: TokenContext,
  offered: OfferedAuthorizer,
  { refreshToken, accessToken, grantedMs }: GivenTokens,
): Promise<boolean> {
  const { appid } = offered;
  const { secrets } = context;
  const values = [
    appid,
    secrets.seal(placeOf('authorizers', appid, 'refresh_token'), refreshToken),
    secrets.seal(placeOf('authorizers', appid, 'access_token'), accessToken),
    grantedMs,
    hashOf(offered),
  ];
  return changing(context, { appids: [appid] }, async (client) => {
    const { rowCount } = await client.query(KEEP_IMPORTED, values);
    if (rowCount === 1) await stopIgnoring(client, appid);
    return rowCount === 1;
  });
}

function hashOf({ refreshToken }: OfferedAuthorizer): string {
  return createHash('sha256').update(refreshToken).digest('hex');
}

/** Mini-programs whose authorization code waits to be exchanged, the longest waiting first. */
export async function authorizersWithCode({ calls }: TokenContext, limit: number): Promise<string[]> {
  const { rows } = await calls.query<{ appid: string }>(
    'select appid from authorizers where code is not null order by told_at limit $1',
    [limit],
  );
  return rows.map(({ appid }) => appid);
}
