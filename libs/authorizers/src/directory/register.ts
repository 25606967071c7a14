import { type Actor, NOBODY } from '@wxa/postgres/trail';
import { changing } from '../changes.js';
import type { DirectoryContext } from '../sealed-columns.js';

// One that is AUTHORIZED or NEEDS_AUTHORIZATION stays as it is: its next token says which is right.
const REGISTER = `
with registered as (
  insert into authorizers as a (appid, state, told_at)
  select named.appid, 'AUTHORIZED', i.told_at from unnest($1::text[]) named(appid)
    left join authorizer_ignored i on i.appid = named.appid and i.cause = 'REMOVED'
  on conflict (appid) do update set state = 'AUTHORIZED', last_error = null, last_error_at = null,
    updated_at = clock_timestamp()
  where a.state = 'UNAUTHORIZED'
  returning appid
), unignored as (
  delete from authorizer_ignored where appid = any($1)
)
select appid from registered`;

/**
 * Stores mini-programs that are known to authorize the platform, without tokens, and records who named them. Returns those that were
 * unknown here, or had withdrawn their authorization.
 */
export function registerAuthorizers(
  context: DirectoryContext,
  appids: string[],
  by: Actor = NOBODY,
): Promise<string[]> {
  return changing(context, { appids, by }, async (client, record) => {
    const { rows } = await client.query<{ appid: string }>(REGISTER, [appids]);
    const registered = rows.map(({ appid }) => appid).toSorted();
    if (registered.length > 0)
      await record({ action: 'authorizers.registered', detail: { appids: registered } });
    return registered;
  });
}

const REFUSED = `update authorizers set state = 'NEEDS_AUTHORIZATION', last_error = $2,
  last_error_at = clock_timestamp(), updated_at = clock_timestamp()
where appid = $1 and state = 'AUTHORIZED'`;

const GIVEN = `update authorizers set state = 'AUTHORIZED', last_error = null, last_error_at = null,
  updated_at = clock_timestamp()
where appid = $1 and state = 'NEEDS_AUTHORIZATION'`;

/**
 * The platform's own token service gave a token for a mini-program, or does not know it. One that withdrew its authorization stays so:
 * the token may be from before. Does nothing about an unknown one.
 * @param why it gave none; null if it gave one.
 */
export async function followTokenService(
  context: DirectoryContext,
  appid: string,
  why: string | null,
): Promise<void> {
  await changing(context, { appids: [appid] }, (client) =>
    why === null ? client.query(GIVEN, [appid]) : client.query(REFUSED, [appid, why]),
  );
}
