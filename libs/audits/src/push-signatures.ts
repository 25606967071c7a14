import type { ClientBase } from 'pg';
import type { StoredAuditPush } from './audits.js';

/** A callback as it was received. */
export interface ReceivedPush extends StoredAuditPush {
  /** Its `msg_signature`; null if it was not signed. */
  signature: string | null;
}

/** Whether a signature is new, was used before at the same URL, or was used before at the URL of another mini-program. */
export type SignatureStatus = 'new' | 'repeated' | 'replayed';

// WeChat signs the sorted texts, so that timestamp and nonce can be exchanged: a nonce of ten digits makes a callback fresh again at the
// time that it spells. Each batch deletes up to twice the rows that it adds, so that the table has those of the last year only.
const NOTE = `
with old as (
  delete from push_signatures where signature in (
    select signature from push_signatures where received_at < now() - interval '366 days'
    order by received_at limit 2 * cardinality($1::text[]) for update skip locked)
)
insert into push_signatures (signature, appid)
select signature, appid from unnest($1::text[], $2::text[]) with ordinality as i(signature, appid, ord)
order by signature, ord
on conflict (signature) do nothing returning signature, appid`;

const FIND = 'select signature, appid from push_signatures where signature = any($1)';

/**
 * Stores the signatures of callbacks with the mini-programs of their URLs, and returns the status of each. Only its URL says
 * which mini-program an audit callback is for, and the URL is not signed.
 */
export async function noteSignatures(client: ClientBase, pushes: ReceivedPush[]): Promise<SignatureStatus[]> {
  const signed = pushes.filter(({ signature }) => signature !== null);
  const first = await run(client, 'note-signatures', NOTE, [
    signed.map(({ signature }) => signature),
    signed.map(({ appid }) => appid),
  ]);
  const repeated = signed.filter(({ signature }) => !first.has(signature ?? ''));
  // A separate statement, which sees the rows that the first one waited for.
  const earlier = await run(client, 'find-signatures', FIND, [repeated.map(({ signature }) => signature)]);
  return pushes.map(({ signature, appid }) => {
    if (signature === null) return 'new';
    const owner = first.get(signature) ?? earlier.get(signature);
    if (owner !== appid) return 'replayed';
    earlier.set(signature, owner);
    return first.delete(signature) ? 'new' : 'repeated';
  });
}

/** Returns the mini-program of each signature. */
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
