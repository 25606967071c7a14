import type { ClientBase } from 'pg';
import type { AuditEntity } from '../entities/audit.entity.js';
import { auditOfPush, CLOCKS_MS, saidAt } from './audit-of-push.js';
import {
  type AuditPush,
  decideAudit,
  lockAudits,
  type Publisher,
  recentAudits,
  type Verdict,
} from './audits.js';
import { writeOutbox } from './write-outbox.js';

/** What a push came to. */
export type PushOutcome = 'duplicate' | 'bound' | 'kept' | 'unknown-audit';

/**
 * Keeps a push and binds it to its audit, in the caller's transaction. A push says neither auditid nor
 * operation, so it is bound by mini-program and time; one that is early, while its SubmitAudit may have been done
 * but has not settled, is kept until that does; one for an audit made outside this service is published without an
 * audit.
 */
export async function recordPush(
  client: ClientBase,
  publisher: Publisher,
  push: AuditPush,
): Promise<PushOutcome> {
  await lockAudits(client, push.appid);
  const { rowCount } = await client.query(
    'insert into audit_pushes (key, appid, push) values ($1, $2, $3) on conflict (key) do nothing',
    [push.key, push.appid, JSON.stringify(push.verdict)],
  );
  if (rowCount === 0) return 'duplicate';
  if (await mayBeOfSubmit(client, push)) {
    await client.query('update audit_pushes set waiting = true where key = $1', [push.key]);
    return 'kept';
  }
  return tell(client, publisher, push);
}

async function tell(client: ClientBase, publisher: Publisher, push: AuditPush): Promise<PushOutcome> {
  const audit = auditOfPush(await recentAudits(client, push.appid), push.verdict);
  return audit === undefined
    ? publishUnknown(client, publisher, push)
    : bindPush(client, publisher, audit, push);
}

async function bindPush(
  client: ClientBase,
  publisher: Publisher,
  audit: AuditEntity,
  push: AuditPush,
): Promise<PushOutcome> {
  if (audit.state === 'OPEN') {
    await decideAudit(client, publisher, audit, push.verdict, push.key);
    return 'bound';
  }
  // Its end was learnt another way and has been published: the push is only noted.
  if (push.verdict.state !== 'DELAYED') {
    await client.query('update audits set push_key = $2 where operation_id = $1', [
      audit.operationId,
      push.key,
    ]);
  }
  return 'duplicate';
}

/** Whether the push could be for an audit that a SubmitAudit opened whose outcome is not known yet. */
async function mayBeOfSubmit(client: ClientBase, { appid, verdict }: AuditPush): Promise<boolean> {
  const { rowCount } = await client.query(
    `select from operations where appid = $1 and is_change and ended_at is null and method = 'SubmitAudit'
       and (state in ('RUNNING', 'IN_DOUBT') or may_have_acted)
       and started_at < $2::timestamptz + $3 * interval '1 millisecond'`,
    [appid, new Date(saidAt(verdict, Date.now())), CLOCKS_MS],
  );
  return rowCount !== 0;
}

async function publishUnknown(
  client: ClientBase,
  publisher: Publisher,
  push: AuditPush,
): Promise<PushOutcome> {
  const key = `${push.appid}.push.${push.key}`;
  await writeOutbox(client, publisher.writer, [publisher.toEvent(push.appid, null, push.verdict, key)]);
  return 'unknown-audit';
}

/** Tells the kept pushes, oldest first, once it is known what became of the SubmitAudit they may belong to. */
export async function tellKeptPushes(client: ClientBase, publisher: Publisher, appid: string): Promise<void> {
  const { rows } = await client.query<{ key: string; push: Verdict }>(
    `update audit_pushes set waiting = false where appid = $1 and waiting returning key, push`,
    [appid],
  );
  const kept = rows.map(({ key, push }) => ({
    key,
    verdict: { ...push, decidedAt: new Date(push.decidedAt) },
  }));
  kept.sort((a, b) => a.verdict.decidedAt.getTime() - b.verdict.decidedAt.getTime());
  for (const { key, verdict } of kept) await tell(client, publisher, { key, appid, verdict });
}
