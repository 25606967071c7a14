import type { ClientBase } from 'pg';
import type { AuditEntity, AuditSource, AuditState } from '../entities/audit.entity.js';
import type { OutboxEvent, Writer } from '../outbox-event.js';
import { writeOutbox } from './write-outbox.js';

/** How an audit ended, or that it is delayed. */
export interface Verdict {
  state: Exclude<AuditState, 'OPEN'> | 'DELAYED';
  source: AuditSource;
  /** When WeChat decided; our clock where it does not say. */
  decidedAt: Date;
  /** WeChat's raw text. */
  reason: string;
  screenshots: string[];
  /** `gh_…` where a push told it. */
  originalId: string;
}

/** A push of WeChat's, as it is kept. */
export interface AuditPush {
  /** One and the same for one push, however often it comes. */
  key: string;
  appid: string;
  verdict: Verdict;
}

/** Makes the event that tells a verdict; `audit` is null for an audit made outside this service. */
export type VerdictEvent = (
  appid: string,
  audit: AuditEntity | null,
  verdict: Verdict,
  key: string,
) => OutboxEvent;

const COLUMNS = `operation_id as "operationId", appid, audit_id as "auditId", user_version as "userVersion", state,
  submitted_at as "submittedAt", decided_at as "decidedAt", source, delayed_at as "delayedAt", push_key as "pushKey"`;

/** How the writer of a transaction makes and signs its events. */
export interface Publisher {
  writer: Writer;
  toEvent: VerdictEvent;
}

/** All that touches one mini-program's audits goes one after the other. */
export async function lockAudits(client: ClientBase, appid: string): Promise<void> {
  await client.query('select pg_advisory_xact_lock(hashtextextended($1, 1))', [appid]);
}

/** The audits of a mini-program that a push or a status could speak of, newest first. */
export async function recentAudits(client: ClientBase, appid: string): Promise<AuditEntity[]> {
  const { rows } = await client.query<AuditEntity>(
    `select ${COLUMNS} from audits where appid = $1 order by submitted_at desc limit 20`,
    [appid],
  );
  return rows;
}

/**
 * Opens the audit that a SubmitAudit began. Its version is that of the commit before it.
 * @param auditId WeChat's, in decimal digits.
 */
export async function openAudit(
  client: ClientBase,
  submit: { operationId: string; appid: string; auditId: string; submittedAt: Date },
): Promise<void> {
  await client.query(
    `insert into audits (operation_id, appid, audit_id, submitted_at, user_version)
     select $1, $2, $3, $4, coalesce((select c.request ->> 'userVersion' from operations c
       where c.appid = $2 and c.id < $1 and c.method = 'Commit' and c.state = 'SUCCEEDED'
       order by c.id desc limit 1), '')
     on conflict (operation_id) do nothing`,
    [submit.operationId, submit.appid, submit.auditId, submit.submittedAt],
  );
}

/** Ends or delays an audit and publishes it; an audit that has ended changes no more. */
export async function decideAudit(
  client: ClientBase,
  { writer, toEvent }: Publisher,
  audit: AuditEntity,
  verdict: Verdict,
  pushKey: string | null,
): Promise<void> {
  const delayed = verdict.state === 'DELAYED';
  const { rowCount } = delayed
    ? await client.query(
        `update audits set delayed_at = $2 where operation_id = $1 and state = 'OPEN' and delayed_at is null`,
        [audit.operationId, verdict.decidedAt],
      )
    : await client.query(
        `update audits set state = $2, decided_at = $3, source = $4, push_key = $5
         where operation_id = $1 and state = 'OPEN'`,
        [audit.operationId, verdict.state, verdict.decidedAt, verdict.source, pushKey],
      );
  if (rowCount === 0) return;
  const key = `${audit.operationId}.audit-${delayed ? 'delayed' : 'completed'}`;
  await writeOutbox(client, writer, [toEvent(audit.appid, audit, verdict, key)]);
}
