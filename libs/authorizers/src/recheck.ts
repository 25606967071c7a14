import { type Recording, recordedTransaction } from '@wxa/postgres/trail';
import type { Pool } from 'pg';

// A worker takes those that were last checked a day ago at once; without a refresh token there is nothing to check.
const RECHECK = `
update authorizers set last_error_at = clock_timestamp() - interval '1 day'
where state = 'NEEDS_AUTHORIZATION' and refresh_token is not null and code is null
  and ($1::text[] is null or appid = any($1))
returning appid`;

/**
 * Lets workers check now whether WeChat accepts the authorization of mini-programs that need one.
 * @param appids null: of all. @returns those that will be checked.
 */
export function recheckAuthorizers(
  pool: Pool,
  recording: Recording,
  appids: string[] | null,
): Promise<string[]> {
  return recordedTransaction(pool, recording, async (client, record) => {
    const { rows } = await client.query<{ appid: string }>(RECHECK, [appids]);
    const checked = rows.map(({ appid }) => appid).toSorted();
    const detail = appids === null ? { all: true, count: checked.length } : { appids: checked };
    if (checked.length > 0) await record({ action: 'authorizers.rechecked', detail });
    return checked;
  });
}
