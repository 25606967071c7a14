import { createHash } from 'node:crypto';
import type { ListOperationsRequest } from '@wxa/contracts';

const ID_BYTES = 16;
const CHECK_BYTES = 8;

type Filters = Pick<ListOperationsRequest, 'appid' | 'state' | 'method'>;

/** Names the last operation of a page. It holds only for the filters it was made with. */
export function pageToken(lastId: string, filters: Filters): string {
  const id = Buffer.from(lastId.replaceAll('-', ''), 'hex');
  return Buffer.concat([id, checkOf(id, filters)]).toString('base64url');
}

/** The id in a token; undefined for a token that is not ours or was made with other filters. */
export function lastIdOf(token: string, filters: Filters): string | undefined {
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length !== ID_BYTES + CHECK_BYTES || bytes.toString('base64url') !== token) return undefined;
  const id = bytes.subarray(0, ID_BYTES);
  if (!checkOf(id, filters).equals(bytes.subarray(ID_BYTES))) return undefined;
  return id.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function checkOf(id: Buffer, { appid, state, method }: Filters): Buffer {
  const hash = createHash('sha256')
    .update(JSON.stringify(['operations', appid, state, method]))
    .update(id);
  return hash.digest().subarray(0, CHECK_BYTES);
}
