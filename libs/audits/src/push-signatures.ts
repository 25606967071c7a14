import { type KeyStatus, NotedKeys } from '@wxa/postgres';
import type { ClientBase } from 'pg';
import type { StoredAuditPush } from './audits.js';

/** A callback as it was received. */
export interface ReceivedPush extends StoredAuditPush {
  /** Its `msg_signature`; null if it was not signed. */
  signature: string | null;
}

// WeChat signs the sorted texts, so that timestamp and nonce can be exchanged: a nonce of ten digits makes a callback fresh again at the
// time that it spells.
const signatures = new NotedKeys('push_signatures', 'signature', '366 days');

/**
 * Stores the signatures of callbacks with the mini-programs of their URLs, and returns the status of each. Only its URL says
 * which mini-program an audit callback is for, and the URL is not signed.
 */
export async function noteSignatures(client: ClientBase, pushes: ReceivedPush[]): Promise<KeyStatus[]> {
  const signed = pushes.flatMap(({ signature, appid }) =>
    signature === null ? [] : { key: signature, appid },
  );
  const statuses = (await signatures.note(client, signed)).values();
  return pushes.map(({ signature }) => (signature === null ? 'new' : (statuses.next().value ?? 'replayed')));
}
