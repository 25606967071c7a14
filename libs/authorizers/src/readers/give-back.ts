import { type Recording, recordedTransaction } from '@wxa/postgres/trail';
import type { Pool } from 'pg';
import { placeOf } from '../sealed-columns.js';
import type { Secrets } from '../secrets.js';

/** The refresh token of a mini-program, decrypted. */
export interface ExportedAuthorizer {
  appid: string;
  refreshToken: string;
}

const STORED = `select appid, refresh_token as sealed from authorizers
  where state = 'AUTHORIZED' and refresh_token is not null order by appid`;

/** Reads the refresh tokens of all authorized mini-programs, once that is recorded. */
export async function exportAuthorizers(
  pool: Pool,
  secrets: Secrets,
  recording: Recording,
): Promise<ExportedAuthorizer[]> {
  return recordedTransaction(pool, recording, async (client, record) => {
    const { rows } = await client.query<{ appid: string; sealed: string }>(STORED);
    await record({ action: 'authorizers.exported', detail: { count: rows.length } });
    return rows.map(({ appid, sealed }) => ({
      appid,
      refreshToken: secrets.open(placeOf('authorizers', appid, 'refresh_token'), sealed),
    }));
  });
}

// With a new id of the refresh token, so that no renewal that runs stores another one.
const FORGET = `update authorizers set refresh_token = null, refresh_token_id = gen_random_uuid(), access_token = null,
    code = null, code_id = null, renewal_wanted_at = null, updated_at = clock_timestamp()
  where refresh_token is not null or access_token is not null or code is not null`;

/** Deletes all stored tokens, tickets and codes, those of the platform included; names, labels and states stay. Returns the number of mini-programs. */
export function forgetTokens(pool: Pool, recording: Recording, reason: string): Promise<number> {
  return recordedTransaction(pool, recording, async (client, record) => {
    const { rowCount } = await client.query(FORGET);
    await client.query('update components set ticket = null, access_token = null, renewal_wanted_at = null');
    const count = rowCount ?? 0;
    await record({ action: 'authorizers.tokens_forgotten', detail: { count, reason } });
    return count;
  });
}
