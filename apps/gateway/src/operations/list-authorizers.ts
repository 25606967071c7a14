import type {
  AuthorizerFilter,
  Directory,
  Authorizer as StoredAuthorizer,
  AuthorizerState as StoredState,
  StoredSync,
} from '@wxa/authorizers';
import {
  type Authorizer,
  AuthorizerState,
  type AuthorizerSync,
  AuthorizerSyncState,
  AuthorizerTokenOwner,
  type ListAuthorizersRequest,
  type ListAuthorizersResponse,
} from '@wxa/contracts';
import type { Visible } from '@wxa/postgres/lists';
import { durationOf } from './duration.js';
import { ListPage } from './list-page.js';

/** Returns one page of authorizers, ordered by appid. */
export async function listAuthorizers(
  directory: Directory,
  request: ListAuthorizersRequest,
  signal: AbortSignal,
  visible?: Visible,
): Promise<ListAuthorizersResponse> {
  const page = new ListPage(request, authorizersOf(request));
  const filter = { ...filterOf(request), ...page.after('afterAppid'), ...(visible && { visible }) };
  const rows = await directory.listAuthorizers({ ...filter, limit: page.limit }, signal);
  const { messages, nextPageToken } = page.of(
    rows,
    ({ appid }) => appid,
    (row) => toAuthorizer(row, directory.keepsTokens),
  );
  return { authorizers: messages, nextPageToken };
}

function filterOf({ state, labels, search }: ListAuthorizersRequest): Omit<AuthorizerFilter, 'limit'> {
  const any = state === AuthorizerState.AUTHORIZER_STATE_UNSPECIFIED;
  return {
    ...(!any && { state: state.replace('AUTHORIZER_STATE_', '') as StoredState }),
    ...(labels.length > 0 && { labels }),
    ...(search !== '' && { search }),
  };
}

/** The list that a page token is bound to. Without labels and a search its form is that of earlier versions, whose tokens stay valid. */
export function authorizersOf({ state, labels, search }: ListAuthorizersRequest): string[] {
  return ['authorizers', state, ...labels, ...(search === '' ? [] : [`search=${search}`])];
}

/**
 * Converts a stored authorizer to its message. The token's age is computed with this process's clock. @param keepsTokens whether this
 * service renews its tokens.
 */
export function toAuthorizer(stored: StoredAuthorizer, keepsTokens: boolean, now = Date.now()): Authorizer {
  return {
    appid: stored.appid,
    state: AuthorizerState[`AUTHORIZER_STATE_${stored.state}`],
    permissionSets: stored.permissionSets ?? [],
    tokenAge: stored.accessTokenAt === null ? undefined : durationOf(now - stored.accessTokenAt.getTime()),
    tokenExpireTime: stored.accessTokenUntil ?? undefined,
    lastError: stored.lastError ?? '',
    lastErrorTime: stored.lastErrorAt ?? undefined,
    authorizeTime: stored.authorizedAt ?? undefined,
    createTime: stored.createdAt,
    updateTime: stored.updatedAt,
    nickName: stored.nickName,
    labels: stored.labels,
    tokenOwner: tokenOwnerOf(keepsTokens),
  };
}

/** Who renews tokens. @param keepsTokens whether this service does. */
export function tokenOwnerOf(keepsTokens: boolean): AuthorizerTokenOwner {
  return keepsTokens
    ? AuthorizerTokenOwner.AUTHORIZER_TOKEN_OWNER_THIS_SERVICE
    : AuthorizerTokenOwner.AUTHORIZER_TOKEN_OWNER_TOKEN_SERVICE;
}

export function toSync({ id, state, progress, startedAt, endedAt, error }: StoredSync): AuthorizerSync {
  return {
    id: BigInt(id),
    state: AuthorizerSyncState[`AUTHORIZER_SYNC_STATE_${state}`],
    ...progress,
    createTime: startedAt,
    endTime: endedAt ?? undefined,
    error: error ?? '',
  };
}
