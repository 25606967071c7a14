import { notify, UnverifiedServerError } from '@wxa/postgres';
import { type Actor, NOBODY, type RecordEntry, recordedTransaction } from '@wxa/postgres/trail';
import type { ClientBase } from 'pg';
import type { TokenContext } from '../sealed-columns.js';
import { CODES_CHANNEL } from '../token-life.js';
import { readStoredToken, type StoredToken, type TokenOwner, type WithoutToken } from './stored-token.js';

/** A read of the token service. */
export interface TokenReading {
  of: TokenOwner;
  by: Actor & { caller: string };
  /** Whether the stored token may be handed out. */
  isGood(token: StoredToken): boolean;
  /** Whether the server of a connection may have lost time: what it has of a token may be older than what was handed out. */
  mayHaveLostTimeOn(client: ClientBase): Promise<boolean>;
}

// An authorizer that is read every second is not written every second. The first read of a day in China has a row in the trail.
const COUNT_READ = `
with noted as (update authorizers set read_at = clock_timestamp()
  where appid = $1 and (read_at is null or read_at < clock_timestamp() - interval '10 minutes'))
insert into token_readers as r (appid, caller, token_id) values ($1, $2, $3)
on conflict (appid, caller) do update set previous_at = r.last_at, last_at = excluded.last_at, reads = r.reads + 1,
  token_id = excluded.token_id
returning (previous_at at time zone 'Asia/Shanghai')::date is distinct from (last_at at time zone 'Asia/Shanghai')::date
  as "isFirstOfDay"`;

/**
 * Reads a token in the transaction that records its reader, so that none is handed out that is not stored on the writable server, and none
 * without a record. Returns it; if it is not good, nothing is recorded. Rejects with UnverifiedServerError.
 */
export function serveToken(
  context: TokenContext,
  { of, by, isGood, mayHaveLostTimeOn }: TokenReading,
): Promise<{ stored: StoredToken | WithoutToken | undefined; isServed: boolean }> {
  const { calls, onRecorded } = context;
  return recordedTransaction(calls, { by, onRecorded }, async (client, record) => {
    const [hasLostTime, stored] = await Promise.all([
      mayHaveLostTimeOn(client),
      readStoredToken(client, context, of),
    ]);
    if (hasLostTime) throw new UnverifiedServerError();
    if (stored?.token === undefined || !isGood(stored)) return { stored, isServed: false };
    await recordRead(client, record, { appid: of.appid, caller: by.caller, tokenId: stored.tokenId });
    return { stored, isServed: true };
  });
}

async function recordRead(
  client: ClientBase,
  record: RecordEntry,
  { appid, caller, tokenId }: { appid: string; caller: string; tokenId: string },
): Promise<void> {
  const { rows } = await client.query<{ isFirstOfDay: boolean }>({
    name: 'count-token-read',
    text: COUNT_READ,
    values: [appid, caller, tokenId],
  });
  if (rows[0]?.isFirstOfDay) await record({ action: 'token.read', appid, detail: { tokenId } });
}

// Unless another one is stored meanwhile.
const WANT = {
  authorizers: `update authorizers set renewal_wanted_at = clock_timestamp()
    where appid = $1 and renewal_wanted_at is null and state = 'AUTHORIZED'
      and (access_token is not distinct from $2 or code is not null)`,
  components: `update components set renewal_wanted_at = clock_timestamp()
    where appid = $1 and renewal_wanted_at is null and access_token is not distinct from $2`,
};

/**
 * Lets a worker renew a token; does nothing if that is wanted already, or if another token is stored.
 * @param by the caller whose token WeChat rejected, for the audit trail; undefined if the token just ends soon.
 */
export function wantRenewal(
  { calls, onRecorded }: TokenContext,
  { appid, isPlatform }: TokenOwner,
  { sealed }: Pick<StoredToken, 'sealed'>,
  by?: Actor,
): Promise<void> {
  const recording = { by: by ?? NOBODY, onRecorded };
  return recordedTransaction(calls, recording, async (client, record) => {
    const want = isPlatform ? WANT.components : WANT.authorizers;
    const { rowCount } = await client.query(want, [appid, sealed]);
    if (rowCount === 0) return;
    if (by !== undefined) await record({ action: 'token.renewed', appid, detail: { reason: 'refresh=1' } });
    await notify(client, CODES_CHANNEL);
  });
}
