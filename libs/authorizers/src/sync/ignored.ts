import type { ClientBase } from 'pg';

/** Why a sync does not bring an account back. */
export type IgnoredCause = 'REMOVED' | 'NOT_MINI_PROGRAM';

// WeChat's times are whole seconds.
const IGNORE = `
insert into authorizer_ignored (appid, cause, told_at)
values ($1, $2, date_trunc('second', greatest(clock_timestamp(), $3::timestamptz)))
on conflict (appid) do update set cause = excluded.cause, told_at = excluded.told_at`;

/** Until an authorization after now, and after `authorizedAt`, which WeChat's clock has. */
export async function ignore(
  client: ClientBase,
  { appid, cause, authorizedAt }: { appid: string; cause: IgnoredCause; authorizedAt: Date | null },
): Promise<void> {
  await client.query({ name: 'ignore-authorizer', text: IGNORE, values: [appid, cause, authorizedAt] });
}

/** It has authorized again, or was imported. */
export async function stopIgnoring(client: ClientBase, appid: string): Promise<void> {
  const text = 'delete from authorizer_ignored where appid = $1';
  await client.query({ name: 'stop-ignoring-authorizer', text, values: [appid] });
}
