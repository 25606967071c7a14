import { createHash, randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { Secrets } from '../secrets.js';
import { placeOf } from './sealed-columns.js';

/** What WeChat pushed about an authorization. */
export interface AuthorizationPush {
  /** The mini-program. */
  appid: string;
  /** One and the same for one push, however often it comes. */
  key: string;
  /** Its CreateTime, in whole seconds. */
  sentAt: Date;
  /** Of a new or changed authorization; null: it was withdrawn. */
  code: string | null;
}

/** So many pushes of one second are known again. */
const MAX_TOLD = 20;

/**
 * Applies a push, unless it came before or a later one did; false then. A withdrawal wipes the tokens. The order is
 * that of WeChat's seconds, within one that of arrival.
 */
export async function recordAuthorization(
  pool: Pool,
  secrets: Secrets,
  push: AuthorizationPush,
): Promise<boolean> {
  const { appid, key, sentAt, code } = push;
  const wiped = `state = 'UNAUTHORIZED', permission_sets = null, code = null, code_id = null, refresh_token = null,
    refresh_token_id = gen_random_uuid(), access_token = null`;
  const granted = `state = 'AUTHORIZED', code = excluded.code, code_id = excluded.code_id,
    authorized_at = excluded.told_at`;
  const { rowCount } = await pool.query(
    `insert into authorizers as a (appid, state, told_at, told, code, code_id, authorized_at)
     values ($1, $2, $3, array[$4::text], $5, $6, $7)
     on conflict (appid) do update set ${code === null ? wiped : granted},
       last_error = null, last_error_at = null, updated_at = clock_timestamp(), told_at = excluded.told_at,
       told = case when a.told_at = excluded.told_at
         then (excluded.told || a.told)[1:${MAX_TOLD}] else excluded.told end
     where a.told_at is null or a.told_at < excluded.told_at
       or (a.told_at = excluded.told_at and not a.told @> excluded.told)`,
    code === null
      ? [appid, 'UNAUTHORIZED', sentAt, key, null, null, null]
      : [
          appid,
          'AUTHORIZED',
          sentAt,
          key,
          secrets.seal(placeOf('authorizers', appid, 'code'), code),
          randomUUID(),
          sentAt,
        ],
  );
  return rowCount === 1;
}

/** What an import came to. `repeated`: it was imported with this token before. `exists`: it has another one. */
export type Imported = 'imported' | 'repeated' | 'exists';

/**
 * Takes a mini-program that authorized the platform elsewhere, by its refresh token. One that is authorized here is
 * left alone: its token may have been rotated since it was imported, and the one that is given no longer hold.
 */
export async function importAuthorizer(
  pool: Pool,
  secrets: Secrets,
  { appid, refreshToken }: { appid: string; refreshToken: string },
): Promise<Imported> {
  const hash = createHash('sha256').update(refreshToken).digest('hex');
  const { rowCount: done } = await pool.query(
    `insert into authorizers as a (appid, state, refresh_token, imported) values ($1, 'AUTHORIZED', $2, $3)
       on conflict (appid) do update set state = 'AUTHORIZED', refresh_token = excluded.refresh_token,
         refresh_token_id = gen_random_uuid(), access_token = null, code = null, code_id = null,
         imported = excluded.imported, last_error = null, last_error_at = null, updated_at = clock_timestamp()
       where a.state <> 'AUTHORIZED'`,
    [appid, secrets.seal(placeOf('authorizers', appid, 'refresh_token'), refreshToken), hash],
  );
  if (done === 1) return 'imported';
  // A statement of its own, which sees what the first one waited for.
  const { rowCount } = await pool.query('select from authorizers where appid = $1 and imported = $2', [
    appid,
    hash,
  ]);
  return rowCount === 1 ? 'repeated' : 'exists';
}

/** Mini-programs whose authorization code waits to be exchanged, the longest waiting first. */
export async function authorizersWithCode(pool: Pool, limit: number): Promise<string[]> {
  const { rows } = await pool.query<{ appid: string }>(
    'select appid from authorizers where code is not null order by told_at limit $1',
    [limit],
  );
  return rows.map(({ appid }) => appid);
}
