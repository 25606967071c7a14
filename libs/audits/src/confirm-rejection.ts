import type { AuditDecision } from '@wxa/contracts';
import { transaction } from '@wxa/postgres';
import { type Publisher, type StatusQuery, writeOutbox } from '@wxa/postgres/outbox';
import type { ClientBase, Pool } from 'pg';
import { CLOCKS_MS } from './audit-of-push.js';
import { type AuditChange, decideAudits, lockAudits, recentAudits, type StoredAuditPush } from './audits.js';
import type { StoredAudit } from './stored-audit.js';
import { STATUS_REQUEST_ID } from './take-due-audits.js';

// A read that fails is repeated by the poller, the first time after a minute.
const AWAIT = `
update audits a set push_key = i.key, poll_failures = 0, next_poll_at = clock_timestamp() + interval '1 minute'
from unnest($1::uuid[], $2::text[]) as i(id, key) where a.operation_id = i.id
returning a.appid, a.audit_id as "auditId", ${STATUS_REQUEST_ID} as "requestId"`;

/**
 * Lets WeChat confirm the callbacks that reject these open audits before that is published: the results of the audit of the
 * privacy guide come as the same event. `push_key` of an open audit is the callback that waits for it.
 */
export async function awaitConfirmation(
  client: ClientBase,
  { askStatus }: Publisher,
  rejections: AuditChange[],
): Promise<void> {
  if (rejections.length === 0) return;
  const values = [rejections.map(({ audit }) => audit.operationId), rejections.map(({ pushKey }) => pushKey)];
  const { rows } = await client.query<StatusQuery>({
    name: 'await-confirmations',
    text: AWAIT,
    values,
  });
  await askStatus?.(client, rows);
}

/**
 * What a read says of an open audit: ends it as its callback says if both agree, otherwise as the read says. A rejection with another
 * reason came by a later callback, or has not come yet.
 */
export async function decideByRead(
  client: ClientBase,
  publisher: Publisher,
  audit: StoredAudit,
  { decision: read, readAt }: { decision: AuditDecision; readAt: Date },
): Promise<void> {
  const push = await waitingPush(client, audit);
  if (push?.decision.state === read.state && isSameReason(push.decision.reason, read.reason)) {
    const decision = { ...push.decision, reason: push.decision.reason || read.reason };
    return decideAudits(client, publisher, [{ audit, decision, pushKey: push.key }]);
  }
  await decideAudits(client, publisher, [{ audit, decision: read, pushKey: null }]);
  if (read.state === 'DELAYED') return leaveOpen(client, publisher, audit, readAt);
  await publishAsUnknown(client, publisher, audit);
}

/** Callback or read may have none, the read only the beginning of a long one; their blanks and line ends differ. */
function isSameReason(pushed: string, read: string): boolean {
  const collapsed = (text: string) => text.replace(/\s+/g, ' ').trim();
  return pushed === '' || collapsed(pushed).startsWith(collapsed(read));
}

const LEFT_OPEN = `
select exists (select from audit_pushes p where p.key = $1 and p.received_at < $2) as "isLater"`;

/** A read that began at a time found an audit open: a callback that had come by then was not about it. */
export async function leaveOpen(
  client: ClientBase,
  publisher: Publisher,
  audit: StoredAudit,
  readAt: Date,
): Promise<void> {
  if (audit.pushKey === null) return;
  const { rows } = await client.query<{ isLater: boolean }>(LEFT_OPEN, [audit.pushKey, readAt]);
  if (rows[0]?.isLater) await publishAsUnknown(client, publisher, audit);
}

/**
 * Publishes the callback that waits for an audit without that audit, and lets it wait no longer. One of the same time as the
 * callback that ended the audit is a duplicate of that, as it is if it comes second.
 */
export async function publishAsUnknown(
  client: ClientBase,
  publisher: Publisher,
  audit: StoredAudit,
  endedAt = new Date(0),
): Promise<void> {
  const push = await waitingPush(client, audit);
  if (push === undefined || Math.abs(push.decision.decidedAt.getTime() - endedAt.getTime()) < CLOCKS_MS)
    return;
  await client.query(`update audits set push_key = null where operation_id = $1 and push_key = $2`, [
    audit.operationId,
    push.key,
  ]);
  await publishUnknown(client, publisher, [push]);
}

/** Publishes callbacks that are about no audit of ours. */
export async function publishUnknown(
  client: ClientBase,
  publisher: Publisher,
  pushes: StoredAuditPush[],
): Promise<void> {
  const events = pushes.map(({ appid, key, decision }) =>
    publisher.toEvent(appid, null, decision, `${appid}.push.${key}`),
  );
  await writeOutbox(client, publisher.writer, events);
}

/** Ends an open audit as the callback says that waits for it, because reads fail; not while Postgres may have lost that it ended. */
export function trustPush(
  pool: Pool,
  publisher: Publisher,
  { appid, auditId }: Omit<StatusQuery, 'requestId'>,
): Promise<void> {
  return transaction(pool, async (client) => {
    await lockAudits(client, [appid]);
    if (await publisher.mayHaveLostTime?.(client)) return;
    const [audits = []] = await recentAudits(client, [appid]);
    const audit = audits.find((each) => each.auditId === auditId && each.state === 'OPEN');
    const push = audit && (await waitingPush(client, audit));
    if (audit === undefined || push === undefined) return;
    await decideAudits(client, publisher, [{ audit, decision: push.decision, pushKey: push.key }]);
  });
}

/** The callback that waits for an audit to be read; undefined if there is none. */
async function waitingPush(
  client: ClientBase,
  { appid, pushKey }: StoredAudit,
): Promise<StoredAuditPush | undefined> {
  if (pushKey === null) return undefined;
  const { rows } = await client.query<{ push: AuditDecision }>({
    name: 'waiting-push',
    text: 'select push from audit_pushes where key = $1',
    values: [pushKey],
  });
  return rows.map(({ push }) => ({
    ...{ key: pushKey, appid },
    decision: { ...push, decidedAt: new Date(push.decidedAt) },
  }))[0];
}
