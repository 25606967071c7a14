import { transaction, unlessAborted } from '@wxa/postgres';
import { type AppidPage, whereContains, whereVisible } from '@wxa/postgres/lists';
import { type Actor, NOBODY } from '@wxa/postgres/trail';
import type { ClientBase } from 'pg';
import { changing } from './changes.js';
import type { DirectoryContext } from './sealed-columns.js';
import { ignore } from './sync/ignored.js';

export type AuthorizerState = 'AUTHORIZED' | 'NEEDS_AUTHORIZATION' | 'UNAUTHORIZED';

/** A mini-program that authorizes the platform or did so before; without its secrets. */
export interface Authorizer {
  appid: string;
  /** NEEDS_AUTHORIZATION: WeChat rejects its refresh token or code. UNAUTHORIZED: it withdrew the authorization. */
  state: AuthorizerState;
  /** Ids of the permission sets it granted; null if unknown. */
  permissionSets: number[] | null;
  /** Whether a code of a new authorization is to be exchanged. */
  hasCode: boolean;
  hasRefreshToken: boolean;
  /** When its access token was obtained; null if it has none. */
  accessTokenAt: Date | null;
  accessTokenUntil: Date | null;
  /** Error of the last token request; null after a success. */
  lastError: string | null;
  lastErrorAt: Date | null;
  /** By WeChat's time; null if it was imported. */
  authorizedAt: Date | null;
  /** At WeChat; empty if it is unknown. */
  nickName: string;
  /** Given by callers. */
  labels: string[];
  createdAt: Date;
  updatedAt: Date;
}

/** Which authorizers to list. */
export interface AuthorizerFilter extends AppidPage {
  state?: AuthorizerState;
}

const COLUMNS = `appid, state, permission_sets as "permissionSets", code is not null as "hasCode",
  refresh_token is not null as "hasRefreshToken",
  case when access_token is not null then access_token_at end as "accessTokenAt",
  case when access_token is not null then access_token_until end as "accessTokenUntil",
  last_error as "lastError", last_error_at as "lastErrorAt", authorized_at as "authorizedAt",
  nick_name as "nickName", labels, created_at as "createdAt", updated_at as "updatedAt"`;

const SEARCHED = ['appid', 'nick_name', `array_to_string(labels, E'\\n')`];

/** Rejects with the signal's reason if the signal is aborted before the statement begins. */
export async function getAuthorizer(
  { calls }: DirectoryContext,
  appid: string,
  signal?: AbortSignal,
): Promise<Authorizer | undefined> {
  const { rows } = await unlessAborted(calls, signal, (client) =>
    client.query<Authorizer>({
      name: 'get-authorizer',
      text: `select ${COLUMNS} from authorizers where appid = $1`,
      values: [appid],
    }),
  );
  return rows[0];
}

/** Whether a mini-program has tokens, and for which permission sets. */
export type Grant = Pick<Authorizer, 'state' | 'permissionSets'>;

/** Returns one entry per appid, in order; undefined for an unknown one. */
export async function readGrants(
  { calls }: DirectoryContext,
  appids: string[],
): Promise<(Grant | undefined)[]> {
  const { rows } = await calls.query<Grant & { appid: string }>({
    name: 'read-grants',
    text: 'select appid, state, permission_sets as "permissionSets" from authorizers where appid = any($1)',
    values: [appids],
  });
  const byAppid = new Map(rows.map((row) => [row.appid, row]));
  return appids.map((appid) => byAppid.get(appid));
}

/** One page of authorizers. Rejects with the signal's reason if the signal is aborted before the statement begins. */
export async function listAuthorizers(
  { lists }: DirectoryContext,
  filter: AuthorizerFilter,
  signal?: AbortSignal,
): Promise<Authorizer[]> {
  const { state = null, afterAppid = '', labels, limit } = filter;
  const values: unknown[] = [state, afterAppid, limit];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const visible = whereVisible('appid', filter.visible, bind);
  const labelled = labels === undefined ? 'true' : `labels @> ${bind(labels)}::text[]`;
  const found = whereContains(SEARCHED, filter.search, bind);
  const text = `select ${COLUMNS} from authorizers
    where ($1::text is null or state = $1) and appid > $2 and ${visible} and ${labelled} and ${found} order by appid limit $3`;
  const read = async (client: ClientBase) => (await client.query<Authorizer>(text, values)).rows;
  if (labels === undefined) return unlessAborted(lists, signal, read);
  return transaction(lists, async (client) => {
    signal?.throwIfAborted();
    // The index of labels is not in the order of appids, and can only be read as a bitmap.
    await client.query('set local enable_bitmapscan = on; set local enable_sort = on');
    return read(client);
  });
}

export async function countAuthorizers({
  calls,
}: DirectoryContext): Promise<Record<AuthorizerState, number>> {
  const { rows } = await calls.query<{ state: AuthorizerState; n: string }>(
    'select state, count(*) as n from authorizers group by state',
  );
  const none = { AUTHORIZED: 0, NEEDS_AUTHORIZATION: 0, UNAUTHORIZED: 0 };
  return { ...none, ...Object.fromEntries(rows.map(({ state, n }) => [state, Number(n)])) };
}

/**
 * Deletes a mini-program and its tokens, and records who did it. No sync brings it back before it authorizes again. Returns false if
 * it is unknown.
 */
export function removeAuthorizer(
  context: DirectoryContext,
  appid: string,
  by: Actor = NOBODY,
): Promise<boolean> {
  return changing(context, { appids: [appid], by }, async (client, record) => {
    const { rows } = await client.query<{ authorizedAt: Date | null }>(
      'delete from authorizers where appid = $1 returning greatest(authorized_at, told_at) as "authorizedAt"',
      [appid],
    );
    const [removed] = rows;
    if (removed === undefined) return false;
    await client.query('delete from mini_program_setups where appid = $1', [appid]);
    await ignore(client, { appid, cause: 'REMOVED', ...removed });
    await record({ action: 'authorizer.removed', appid });
    return true;
  });
}
