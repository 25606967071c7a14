import { storable } from '@wxa/postgres';
import type { AuthorizerState } from './authorizers.js';
import { changing } from './changes.js';
import { type DirectoryContext, placeOf, type TokenContext } from './sealed-columns.js';
import type { Secrets } from './secrets.js';
import { TOKEN_LIFE } from './token-life.js';

/** The tokens of a mini-program, and the code to be exchanged for new ones. */
export interface AuthorizerTokens {
  state: AuthorizerState;
  /** To be exchanged before anything else. */
  code: string | undefined;
  codeId: string | null;
  refreshToken: string | undefined;
  /** Fences writes that used this refresh token. */
  refreshTokenId: string;
  accessToken: string | undefined;
  /** How long the access token is still valid; negative if it has expired. */
  remainingMs: number;
  /** How long it was valid when it was obtained. */
  grantedMs: number;
  lastError: string | null;
  callbackAt: Date | null;
  /** Whether a reader or an operator wants another access token than the stored one. */
  isRenewalWanted: boolean;
}

interface Row extends Omit<AuthorizerTokens, 'code' | 'refreshToken' | 'accessToken'> {
  appid: string;
  /** These are encrypted. */
  code: string | null;
  refreshToken: string | null;
  accessToken: string | null;
}

/** The tokens that WeChat returned for a code or a refresh token. */
export interface GivenTokens {
  refreshToken: string;
  accessToken: string;
  /** From now. */
  grantedMs: number;
}

/** Returns one entry per appid, in order; undefined for an unknown one. */
export async function readAuthorizerTokens(
  { calls, secrets }: TokenContext,
  appids: string[],
): Promise<(AuthorizerTokens | undefined)[]> {
  const { rows } = await calls.query<Row>({
    name: 'read-authorizer-tokens',
    text: `select appid, state, code, code_id as "codeId", refresh_token as "refreshToken",
        refresh_token_id as "refreshTokenId", access_token as "accessToken",
        ${TOKEN_LIFE},
        last_error as "lastError", told_at as "callbackAt", renewal_wanted_at is not null as "isRenewalWanted"
      from authorizers where appid = any($1)`,
    values: [appids],
  });
  const byAppid = new Map(rows.map((row) => [row.appid, row]));
  return appids.map((appid) => opened(secrets, byAppid.get(appid)));
}

function opened(secrets: Secrets, row: Row | undefined): AuthorizerTokens | undefined {
  if (row === undefined) return undefined;
  const open = (column: 'code' | 'refresh_token' | 'access_token', sealed: string | null) =>
    sealed === null ? undefined : secrets.open(placeOf('authorizers', row.appid, column), sealed);
  return {
    ...row,
    code: open('code', row.code),
    refreshToken: open('refresh_token', row.refreshToken),
    accessToken: open('access_token', row.accessToken),
  };
}

// The last holder of the lease asked WeChat last: its tokens replace those that another process stored late. What ends an
// authorization deletes the access token.
const KEEP = `
update authorizers set state = 'AUTHORIZED', refresh_token = $3, refresh_token_id = gen_random_uuid(),
    access_token = $4, access_token_at = clock_timestamp(),
    access_token_until = clock_timestamp() + $5 * interval '1 millisecond',
    code = case when code_id = $6 then null else code end,
    code_id = case when code_id = $6 then null else code_id end,
    permission_sets = coalesce($7::int[], permission_sets),
    renewal_wanted_at = null, renewal_claimed_at = null,
    last_error = null, last_error_at = null, updated_at = clock_timestamp()
  where appid = $1 and (refresh_token_id = $2
    or access_token is not null and exists (select from leases where holder = $8))`;

/** Nothing that is published changes with the next token of an authorized one, which is nearly every renewal. */
const RENEW = `${KEEP} and state = 'AUTHORIZED'`;

/**
 * Stores both tokens. Returns false if the authorization changed in the meantime, or if another process has later tokens.
 * A mini-program that came into NEEDS_AUTHORIZATION in the meantime is AUTHORIZED again: a process that stalled with
 * WeChat's response has the newest refresh token.
 * @param used the id of the refresh token at the time of the call.
 * @param holder of the lease at the time of the call.
 * @param exchanged the code that was exchanged, and the permission sets that were returned.
 */
export async function keepTokens(
  context: TokenContext,
  { appid, used, holder }: { appid: string; used: string; holder?: string },
  { refreshToken, accessToken, grantedMs }: GivenTokens,
  exchanged?: { codeId: string | null; permissionSets: number[] },
): Promise<boolean> {
  const { calls, secrets } = context;
  const values = [
    appid,
    used,
    secrets.seal(placeOf('authorizers', appid, 'refresh_token'), refreshToken),
    secrets.seal(placeOf('authorizers', appid, 'access_token'), accessToken),
    grantedMs,
    exchanged?.codeId ?? null,
    exchanged?.permissionSets ?? null,
    holder ?? null,
  ];
  if (exchanged === undefined) {
    const { rowCount } = await calls.query({ name: 'renew-tokens', text: RENEW, values });
    if (rowCount === 1) return true;
  }
  return change(context, appid, { name: 'keep-tokens', text: KEEP }, values, exchanged !== undefined);
}

/** Runs a statement that changes one mini-program, or none. Returns whether it did. */
function change(
  context: DirectoryContext,
  appid: string,
  query: string | { name: string; text: string },
  values: unknown[],
  isNew = false,
): Promise<boolean> {
  const who = { appids: [appid], isNew: (isChanged: boolean) => isChanged && isNew };
  return changing(context, who, async (client) => {
    const { rowCount } = await client.query(query, values);
    return rowCount === 1;
  });
}

/** Stores the permission sets that a mini-program currently grants, and its name. */
export async function keepAuthorizerInfo(
  context: DirectoryContext,
  appid: string,
  { permissionSets, nickName }: { permissionSets: number[]; nickName: string },
): Promise<void> {
  const values = [appid, permissionSets, storable(nickName)];
  await change(
    context,
    appid,
    `update authorizers set permission_sets = $2, nick_name = $3, updated_at = clock_timestamp()
     where appid = $1 and state = 'AUTHORIZED'`,
    values,
  );
}

/** Stores the name of a mini-program, which its owner can change at any time. */
export async function keepName({ calls }: DirectoryContext, appid: string, nickName: string): Promise<void> {
  await calls.query({
    name: 'keep-name',
    text: `update authorizers set nick_name = $2, updated_at = clock_timestamp() where appid = $1 and nick_name <> $2`,
    values: [appid, storable(nickName)],
  });
}

/** WeChat rejected the refresh token: the mini-program needs a new authorization. */
export async function refuseRefreshToken(
  context: DirectoryContext,
  { appid, used }: { appid: string; used: string },
  error: string,
): Promise<void> {
  await change(
    context,
    appid,
    `update authorizers set state = 'NEEDS_AUTHORIZATION', access_token = null, last_error = $3,
       last_error_at = clock_timestamp(), updated_at = clock_timestamp()
     where appid = $1 and refresh_token_id = $2 and state = 'AUTHORIZED' and code is null`,
    [appid, used, error],
  );
}

/**
 * Takes mini-programs whose refresh token WeChat rejected, to check them again: after one minute, then with exponential
 * back-off, at most once a day. Each is returned to one caller.
 */
export async function claimAuthorizersToRecheck({ calls }: TokenContext, limit: number): Promise<string[]> {
  // updated_at: when the token was rejected; last_error_at: the last check.
  const { rows } = await calls.query<{ appid: string }>(
    `update authorizers set last_error_at = clock_timestamp() where appid in (
       select appid from authorizers
       where state = 'NEEDS_AUTHORIZATION' and refresh_token is not null and code is null
         and clock_timestamp() - last_error_at
           >= least(interval '1 day', greatest(interval '1 minute', last_error_at - updated_at))
       order by last_error_at limit $1 for update skip locked)
     returning appid`,
    [limit],
  );
  return rows.map(({ appid }) => appid);
}

/**
 * WeChat rejected the code: an earlier authorization stays valid.
 * @param changed what that one grants now, if WeChat says so: the new authorization is complete without the code.
 */
export async function rejectCode(
  context: TokenContext,
  { appid, codeId }: { appid: string; codeId: string },
  error: string,
  changed?: { permissionSets: number[]; nickName: string },
): Promise<void> {
  await change(
    context,
    appid,
    `update authorizers set code = null, code_id = null,
       state = case when refresh_token is null then 'NEEDS_AUTHORIZATION' else state end,
       permission_sets = coalesce($4::int[], permission_sets), nick_name = coalesce($5, nick_name),
       last_error = $3, last_error_at = clock_timestamp(), updated_at = clock_timestamp()
     where appid = $1 and code_id = $2`,
    [appid, codeId, error, changed?.permissionSets, changed && storable(changed.nickName)],
    changed !== undefined,
  );
}

/**
 * Deletes a mini-program whose code WeChat rejected, if only its callback made it known. Returns false if it had a token, or was
 * labelled or read before: with the tokens elsewhere it is known without one.
 */
export function deleteUnknownAuthorizer(
  context: TokenContext,
  { appid, codeId }: { appid: string; codeId: string },
): Promise<boolean> {
  return change(
    context,
    appid,
    `delete from authorizers
     where appid = $1 and code_id = $2 and refresh_token is null and access_token_at is null
       and labels = '{}' and nick_name = '' and permission_sets is null`,
    [appid, codeId],
  );
}

/** Stores the error of the last token request. */
export async function noteAuthorizerError(
  { calls }: TokenContext,
  appid: string,
  error: string,
): Promise<void> {
  await calls.query(
    'update authorizers set last_error = $2, last_error_at = clock_timestamp() where appid = $1',
    [appid, error],
  );
}
