import type { ClientBase } from 'pg';
import type { StoredAuditPush } from './audits.js';

// Nearly every callback names the stored id, which is not written again.
const REMEMBER = `
insert into original_ids (appid, original_id)
select distinct on (appid) appid, original_id from unnest($1::text[], $2::text[]) as named(appid, original_id)
where not exists (select from original_ids o where o.appid = named.appid and o.original_id = named.original_id)
on conflict (appid) do update set original_id = excluded.original_id`;

/** Stores the original ids of callbacks, in the transaction that has locked the audits of their mini-programs. */
export async function rememberOriginalIds(
  client: ClientBase,
  pushes: readonly StoredAuditPush[],
): Promise<void> {
  const named = pushes.filter(({ decision }) => decision.originalId !== '');
  if (named.length === 0) return;
  const values = [named.map(({ appid }) => appid), named.map(({ decision }) => decision.originalId)];
  await client.query({ name: 'remember-original-ids', text: REMEMBER, values });
}
