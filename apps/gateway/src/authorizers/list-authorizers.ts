import { AuthorizerState, type ListAuthorizersRequest, type ListAuthorizersResponse } from '@wxa/contracts';
import type { AuthorizerFilter, AuthorizerState as StoredState, TokenStore } from '@wxa/store';
import { invalidRequest } from '../grpc/fault.js';
import { lastOf, pageToken } from '../grpc/page-token.js';
import { toAuthorizer } from './authorizer-message.js';

const DEFAULT_PAGE = 50;

/** One page of authorizers, by appid. Throws a Fault for a token that is not ours. */
export async function listAuthorizers(
  tokens: TokenStore,
  request: ListAuthorizersRequest,
): Promise<ListAuthorizersResponse> {
  const limit = request.pageSize || DEFAULT_PAGE;
  // One more than asked for tells whether there is a next page.
  const rows = await tokens.listAuthorizers({ ...filterOf(request), limit: limit + 1 });
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return {
    authorizers: page.map((row) => toAuthorizer(row)),
    nextPageToken: last === undefined ? '' : pageToken(last.appid, listOf(request)),
  };
}

function filterOf(request: ListAuthorizersRequest): Omit<AuthorizerFilter, 'limit'> {
  const { state, pageToken: token } = request;
  const any = state === AuthorizerState.AUTHORIZER_STATE_UNSPECIFIED;
  return {
    ...(!any && { state: state.replace('AUTHORIZER_STATE_', '') as StoredState }),
    ...(token !== '' && { afterAppid: afterAppidOf(request) }),
  };
}

function afterAppidOf(request: ListAuthorizersRequest): string {
  const appid = lastOf(request.pageToken, listOf(request));
  if (appid !== undefined) return appid;
  const description = 'must be a next_page_token of this service, given with the same filter';
  throw invalidRequest([{ field: 'page_token', description }]);
}

function listOf({ state }: ListAuthorizersRequest): string[] {
  return ['authorizers', state];
}
