import type { ClientBase } from 'pg';
import type { StoredAuditPush } from './audits.js';

/** A push as it came in. */
export interface ReceivedPush extends StoredAuditPush {
  /** Its `msg_signature`; null where it came unsigned. */
  signature: string | null;
}

/** Whether a signature is new, came before to the same URL, or came before to that of another mini-program. */
export type SignatureStatus = 'new' | 'repeated' | 'replayed';

// A signature is taken for 10 minutes (5 on each side of its timestamp), by the clocks of the gateways. Each batch
// deletes up to twice what it adds, so that the table keeps to what came in the last minutes.
const NOTE = `
with old as (
  delete from push_signatures where signature in (
    select signature from push_signatures where received_at < now() - interval '15 minutes'
    order by received_at limit 2 * cardinality($1::text[]) for update skip locked)
)
insert into push_signatures (signature, appid)
select signature, appid from unnest($1::text[], $2::text[]) with ordinality as i(signature, appid, ord)
order by signature, ord
on conflict (signature) do nothing returning signature, appid`;

const FIND = 'select signature, appid from push_signatures where signature = any($1)';

/**
 * Notes the signatures of pushes and the mini-programs to whose URLs they came; tells of each what it is. A push of
 * an audit says only by its URL whose it is, and the URL is not signed.
 */
export async function noteSignatures(client: ClientBase, pushes: ReceivedPush[]): Promise<SignatureStatus[]> {
  const signed = pushes.filter(({ signature }) => signature !== null);
  const first = await run(client, 'note-signatures', NOTE, [
    signed.map(({ signature }) => signature),
    signed.map(({ appid }) => appid),
  ]);
  const repeated = signed.filter(({ signature }) => !first.has(signature ?? ''));
  // A statement of its own, which sees what the first one waited for.
  const earlier = await run(client, 'find-signatures', FIND, [repeated.map(({ signature }) => signature)]);
  return pushes.map(({ signature, appid }) => {
    if (signature === null) return 'new';
    const owner = first.get(signature) ?? earlier.get(signature);
    if (owner !== appid) return 'replayed';
    earlier.set(signature, owner);
    return first.delete(signature) ? 'new' : 'repeated';
  });
}

/** Gives the mini-program of each signature. */
async function run(
  client: ClientBase,
  name: string,
  text: string,
  [signatures = [], ...more]: unknown[][],
): Promise<Map<string, string>> {
  if (signatures.length === 0) return new Map();
  const { rows } = await client.query<{ signature: string; appid: string }>({
    name,
    text,
    values: [signatures, ...more],
  });
  return new Map(rows.map(({ signature, appid }) => [signature, appid]));
}
