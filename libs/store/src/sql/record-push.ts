import type { ClientBase } from 'pg';
import type { AuditEntity } from '../entities/audit.entity.js';
import { type AuditPush, decideAudit, lockAudits, type Publisher, recentAudits } from './audits.js';
import { writeOutbox } from './write-outbox.js';

/** What a push came to. */
export type PushOutcome = 'duplicate' | 'bound' | 'kept' | 'unknown-audit';

/**
 * Keeps a push and binds it to its audit, in the caller's transaction. A push says neither auditid nor
 * operation, so it is bound by mini-program and time; one that is early, while its SubmitAudit is still under
 * way, is kept until that settles; one for an audit made outside this service is published without an audit.
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
  const audit = auditOfPush(await recentAudits(client, push.appid), push);
  if (audit !== undefined) return bindPush(client, publisher, audit, push);
  if (await isSubmitUnderWay(client, push.appid)) {
    await client.query('update audit_pushes set waiting = true where key = $1', [push.key]);
    return 'kept';
  }
  return publishUnknown(client, publisher, push);
}

/**
 * The audit a push speaks of, among those of its mini-program, newest first: the open one, unless the push is
 * older than that audit and an earlier audit has had no push yet.
 */
export function auditOfPush(audits: AuditEntity[], { verdict }: AuditPush): AuditEntity | undefined {
  const { decidedAt, state } = verdict;
  const fits = (a: AuditEntity) =>
    a.state === 'OPEN' || (a.pushKey === null && (a.state === state || state === 'DELAYED'));
  const candidates = audits.filter(fits);
  // WeChat's times are whole seconds: an answer and its verdict within one second look reversed.
  const sinceSubmit = candidates.find((a) => a.submittedAt.getTime() - 1000 < decidedAt.getTime());
  return sinceSubmit ?? candidates.find((a) => a.state === 'OPEN');
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

async function isSubmitUnderWay(client: ClientBase, appid: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `select from operations where appid = $1 and is_change and ended_at is null
       and method = 'SubmitAudit' and attempt > 0`,
    [appid],
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

/** Binds the kept pushes once the SubmitAudit they may belong to has settled, whichever way. */
export async function bindKeptPushes(client: ClientBase, publisher: Publisher, appid: string): Promise<void> {
  const { rows } = await client.query<{ key: string; push: AuditPush['verdict'] }>(
    `update audit_pushes set waiting = false where appid = $1 and waiting returning key, push`,
    [appid],
  );
  for (const row of rows) {
    const verdict = { ...row.push, decidedAt: new Date(row.push.decidedAt) };
    const push = { key: row.key, appid, verdict };
    const audit = auditOfPush(await recentAudits(client, appid), push);
    if (audit === undefined) await publishUnknown(client, publisher, push);
    else await bindPush(client, publisher, audit, push);
  }
}
