import type { TokenReader as StoredReader } from '@wxa/authorizers';
import type { ListTokenReadersRequest, ListTokenReadersResponse, TokenReader } from '@wxa/contracts';
import type { Visible } from '@wxa/postgres/lists';
import type { Store } from '@wxa/store';
import { ListPage } from './list-page.js';

/** Returns one page of the callers that have read access tokens. */
export async function listTokenReaders(
  store: Pick<Store, 'tokenReaders'>,
  request: ListTokenReadersRequest,
  signal: AbortSignal,
  visible?: Visible,
): Promise<ListTokenReadersResponse> {
  const { appid, caller, tokenId } = request;
  const page = new ListPage(request, readersOf(request));
  const filter = {
    ...(appid !== '' && { appid }),
    ...(caller !== '' && { caller }),
    ...(tokenId !== '' && { tokenId }),
    ...page.after('after'),
    ...(visible && { visible }),
    limit: page.limit,
  };
  const rows = await store.tokenReaders.list(filter, signal);
  const { messages, nextPageToken } = page.of(rows, ({ appid, caller }) => `${appid} ${caller}`, toReader);
  return { readers: messages, nextPageToken };
}

/** The list that a page token is bound to. */
export function readersOf({ appid, caller, tokenId }: ListTokenReadersRequest): string[] {
  return ['token-readers', appid, caller, tokenId];
}

function toReader({ firstAt, lastAt, reads, ...reader }: StoredReader): TokenReader {
  return { ...reader, firstReadTime: firstAt, lastReadTime: lastAt, reads: BigInt(reads) };
}
