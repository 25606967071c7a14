import type { AuditDecision } from '@wxa/contracts';
import type { Publisher } from '@wxa/postgres/outbox';
import type { ClientBase } from 'pg';
import { decideAudits, lockAudits, openSubmitted, recentAudits } from './audits.js';
import { decideByRead, leaveOpen, publishAsUnknown } from './confirm-rejection.js';
import { applyDeferredPushes } from './record-push.js';
import type { StoredAudit } from './stored-audit.js';

/** The effect of a settled operation on the audits of its mini-program, or on its live version. */
export type AuditEffect =
  /** A SubmitAudit succeeded: its audit is open. */
  | { kind: 'opened'; auditId: string; submittedAt: Date }
  /** A SubmitAudit opened no audit. */
  | { kind: 'not-opened' }
  /** An UndoAudit succeeded: the open audit is withdrawn. `auditId`: the latest audit before the call, if known. */
  | { kind: 'withdrawn'; auditId: string | undefined; decision: AuditDecision }
  /** A read that began at `readAt` found the audit open. */
  | { kind: 'pending'; auditId: string; readAt: Date }
  /** A release, a revert or another change of the live version succeeded. */
  | { kind: 'live' }
  | ObservedAudit;

/** A response of WeChat to a read that began at `readAt` shows that an audit has ended or is delayed. */
export interface ObservedAudit {
  kind: 'observed';
  auditId: string;
  readAt: Date;
  decision: AuditDecision;
}

/** A settled operation with its effect. */
export interface AuditEffectOf {
  id: string;
  appid: string;
  auditEffect: AuditEffect;
}

/** Applies effects in the transaction that settles their operations. */
export async function applyAuditEffects(
  client: ClientBase,
  publisher: Publisher,
  effects: AuditEffectOf[],
): Promise<void> {
  const releases = effects.filter(({ auditEffect: { kind } }) => kind === 'live');
  if (releases.length > 0)
    await publisher.keepReleases?.(
      client,
      releases.map(({ id }) => id),
    );
  if (effects.length === releases.length) return;
  await lockAudits(
    client,
    effects.map(({ appid }) => appid),
  );
  await openSubmitted(
    client,
    effects.flatMap(({ id: operationId, appid, auditEffect: effect }) =>
      effect.kind === 'opened' ? [{ operationId, appid, ...effect }] : [],
    ),
  );
  const submits = effects.filter(({ auditEffect: { kind } }) => kind === 'opened' || kind === 'not-opened');
  await applyDeferredPushes(
    client,
    publisher,
    submits.map(({ appid }) => appid),
  );
  for (const { appid, auditEffect: effect } of effects) {
    if (effect.kind === 'withdrawn' || effect.kind === 'observed' || effect.kind === 'pending')
      await endAuditBy(client, publisher, appid, effect);
  }
}

async function endAuditBy(
  client: ClientBase,
  publisher: Publisher,
  appid: string,
  effect: Extract<AuditEffect, { kind: 'withdrawn' | 'observed' | 'pending' }>,
): Promise<void> {
  const [audits = []] = await recentAudits(client, [appid]);
  const audit =
    effect.kind === 'withdrawn' ? withdrawn(audits, effect.auditId) : withId(audits, effect.auditId);
  if (audit?.state !== 'OPEN') return;
  // What a read shows may have been published already by a decision that Postgres has lost; a later read decides it.
  if (effect.kind !== 'withdrawn' && (await publisher.mayHaveLostTime?.(client))) return;
  if (effect.kind === 'pending') return leaveOpen(client, publisher, audit, effect.readAt);
  if (effect.kind === 'observed') return decideByRead(client, publisher, audit, effect);
  await decideAudits(client, publisher, [{ audit, decision: effect.decision, pushKey: null }]);
  await publishAsUnknown(client, publisher, audit);
}

function withId(audits: StoredAudit[], auditId: string): StoredAudit | undefined {
  return audits.find((audit) => audit.auditId === auditId);
}

/** Only the newest audit can have been open. If that was made outside this service, none of ours was withdrawn. */
function withdrawn(audits: StoredAudit[], latest: string | undefined): StoredAudit | undefined {
  const isOurs = latest === undefined || withId(audits, latest) !== undefined;
  return isOurs ? audits[0] : undefined;
}
