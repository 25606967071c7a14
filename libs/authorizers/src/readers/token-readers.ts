import { unlessAborted } from '@wxa/postgres';
import { type Visible, whereVisible } from '@wxa/postgres/lists';
import type { Pool } from 'pg';

/** A caller that has read tokens of a mini-program, or of the platform. */
export interface TokenReader {
  appid: string;
  caller: string;
  firstAt: Date;
  lastAt: Date;
  reads: number;
  /** Of the token that it read last. */
  tokenId: string;
}

/** Which readers to list, in the order of appid and caller. */
export interface TokenReaderFilter {
  appid?: string;
  caller?: string;
  tokenId?: string;
  /** Only those after this one, as `appid caller`. */
  after?: string;
  /** Only those of mini-programs that the caller may see. */
  visible?: Visible;
  limit: number;
}

/** One page of readers. Rejects with the signal's reason if the signal is aborted before the statement begins. */
export async function listTokenReaders(
  pool: Pool,
  { appid, caller, tokenId, after, visible, limit }: TokenReaderFilter,
  signal?: AbortSignal,
): Promise<TokenReader[]> {
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const conditions = [
    whereVisible('appid', visible, bind),
    ...(appid === undefined ? [] : [`appid = ${bind(appid)}`]),
    ...(caller === undefined ? [] : [`caller = ${bind(caller)}`]),
    ...(tokenId === undefined ? [] : [`token_id = ${bind(tokenId)}`]),
    ...(after === undefined ? [] : [`(appid, caller) > (${after.split(' ').map(bind).join(', ')})`]),
  ];
  const text = `select appid, caller, first_at as "firstAt", last_at as "lastAt", reads, token_id as "tokenId"
    from token_readers where ${conditions.join(' and ')} order by appid, caller limit ${bind(limit)}`;
  const { rows } = await unlessAborted(pool, signal, (client) =>
    client.query<Omit<TokenReader, 'reads'> & { reads: string }>(text, values),
  );
  return rows.map((row) => ({ ...row, reads: Number(row.reads) }));
}
