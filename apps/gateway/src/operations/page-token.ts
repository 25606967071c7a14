import { createHash } from 'node:crypto';
import { problem } from '@wxa/contracts';
import { type Check, field, pageSizeField, type Rule } from '@wxa/methods';

const CHECK_BYTES = 8;

/** Identifies a list: its name and its filters. */
export type List = readonly string[];

/** Encodes the last entry of a page. The token is valid only for the same list and filters. */
export function pageToken(last: string, list: List): string {
  return Buffer.concat([checkOf(last, list), Buffer.from(last)]).toString('base64url');
}

/** Decodes the last entry; undefined if the token is invalid or was issued for another list or other filters. */
export function lastEntryOf(token: string, list: List): string | undefined {
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length <= CHECK_BYTES || bytes.toString('base64url') !== token) return undefined;
  const last = bytes.subarray(CHECK_BYTES).toString();
  return checkOf(last, list).equals(bytes.subarray(0, CHECK_BYTES)) ? last : undefined;
}

/** The rules of a page: its token is empty, or was issued for the requested list. */
export function pageFields<R extends { pageSize: number; pageToken: string }>(
  listOf: (request: R) => List,
): Rule<R>[] {
  const token: Check<R> = (request) =>
    request.pageToken === '' || lastEntryOf(request.pageToken, listOf(request)) !== undefined
      ? undefined
      : problem('NOT_A_PAGE_TOKEN');
  return [pageSizeField, field('page_token', (r) => r, token)];
}

function checkOf(last: string, list: List): Buffer {
  const hash = createHash('sha256').update(JSON.stringify([...list, last]));
  return hash.digest().subarray(0, CHECK_BYTES);
}
