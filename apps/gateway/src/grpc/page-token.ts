import { createHash } from 'node:crypto';
import type { Check } from '@wxa/methods';

const CHECK_BYTES = 8;

/** What a page is a page of: the list's name and its filters. */
type List = readonly string[];

/** Names the last entry of a page. It holds only for the list and the filters it was made with. */
export function pageToken(last: string, list: List): string {
  return Buffer.concat([checkOf(last, list), Buffer.from(last)]).toString('base64url');
}

/** The last entry in a token; undefined for a token that is not ours or was made with other filters. */
export function lastOf(token: string, list: List): string | undefined {
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length <= CHECK_BYTES || bytes.toString('base64url') !== token) return undefined;
  const last = bytes.subarray(CHECK_BYTES).toString();
  return checkOf(last, list).equals(bytes.subarray(0, CHECK_BYTES)) ? last : undefined;
}

/** Whether a request's page token is none or one of ours for the list it asks for. */
export const pageOf =
  <R extends { pageToken: string }>(listOf: (request: R) => List): Check<R> =>
  (request) =>
    request.pageToken === '' || lastOf(request.pageToken, listOf(request)) !== undefined
      ? undefined
      : 'must be a next_page_token of this service, given with the same filters';

function checkOf(last: string, list: List): Buffer {
  const hash = createHash('sha256').update(JSON.stringify([...list, last]));
  return hash.digest().subarray(0, CHECK_BYTES);
}
