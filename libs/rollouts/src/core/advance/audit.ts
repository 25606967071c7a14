import type { OperationError } from '@wxa/contracts';
import { ERRCODE } from '../failures/errcodes.js';
import { rolloutError } from '../failures/reasons.js';
import type { AuditFacts } from '../target.js';
import { millisOf } from '../times.js';
import {
  after,
  completed,
  type Effects,
  type Move,
  moved,
  postponed,
  type Situation,
  type StepRows,
  unchanged,
} from './move.js';
import { nextStep } from './start.js';

const LOOK_MS = 3 * 24 * 3_600_000;

/** The step AUDIT: a speed-up never fails the target. */
export const AUDIT_STEP: StepRows = {
  succeeded: (ended) => moveByVerdict(ended, { speedUps: 1 }),
  failed: (ended, { errcode }) =>
    moveByVerdict(ended, { isSpeedUpRefused: errcode === ERRCODE.SPEED_UP_QUOTA_EXHAUSTED }),
  deleted: (situation) => moveByVerdict(situation),
};

/** Moves a target that waits for its audit by the verdict, or lets it wait. */
export function onAudit(situation: Situation): Move {
  const move = moveByVerdict(situation);
  const { target } = situation;
  if (isFinalMove(move, situation)) return move;
  if (move.target.auditDelayed !== target.auditDelayed) return move;
  const isEarly = target.dueAt !== null && target.dueAt > situation.now;
  return isEarly || move.target.dueAt === null ? unchanged(target) : postponed(target, move.target.dueAt);
}

const isFinalMove = (move: Move, { target }: Situation): boolean =>
  move.isCompleted || move.target.step !== target.step;

/** Moves a PENDING target, whose speed-up is not admitted yet, if the verdict has arrived. */
export function onVerdict(situation: Situation): Move {
  const move = moveByVerdict(situation);
  return isFinalMove(move, situation) ? move : unchanged(situation.target);
}

/** The verdict, or WAITING(AUDIT). */
export function moveByVerdict(situation: Situation, effects: Effects = {}): Move {
  const audit = auditOf(situation);
  const rows = VERDICTS[audit?.state ?? 'OPEN'];
  return rows(situation, audit, effects);
}

/** Facts about another audit are stale. */
export function auditOf({ target, facts: { audit } }: Situation): AuditFacts | null {
  return audit?.operationId === target.auditOperationId ? audit : null;
}

type Row = (situation: Situation, audit: AuditFacts | null, effects: Effects) => Move;

const VERDICTS: Record<AuditFacts['state'], Row> = {
  APPROVED: (situation, _, effects) =>
    nextStep({ ...situation, at: situation.now }, { auditDelayed: false }, effects),
  REJECTED: ({ target }, audit, effects) =>
    completed(target, 'FAILED', rolloutError('AUDIT_REJECTED', audit?.reason ?? ''), effects),
  WITHDRAWN: ({ target }, _, effects) =>
    completed(target, 'FAILED', rolloutError('AUDIT_WITHDRAWN', 'the audit was withdrawn'), effects),
  OPEN: (situation, audit, effects) => {
    const { target, now } = situation;
    const limit = timeLimit(situation, audit);
    if (limit !== undefined && limit <= now) return completed(target, 'FAILED', TIMED_OUT, effects);
    return moved(
      target,
      {
        state: 'WAITING',
        waitsFor: 'AUDIT',
        dueAt: lookAt(situation, audit),
        auditDelayed: (audit?.delayedAt ?? null) !== null || target.auditDelayed,
        error: isWithoutLimit(target) ? target.error : null,
      },
      effects,
    );
  },
};

/** Whether the verdict is known. */
export function isDecided(situation: Situation): boolean {
  return (auditOf(situation)?.state ?? 'OPEN') !== 'OPEN';
}

/**
 * When a target that has just submitted its audit is looked at: at once, unless the audit is known to be open. Then its verdict or
 * delay is yet to come, and wakes the target.
 */
export function firstLookAt(situation: Situation): Date {
  const audit = auditOf(situation);
  return audit?.state === 'OPEN' && audit.delayedAt === null ? lookAt(situation, audit) : situation.now;
}

function lookAt(situation: Situation, audit: AuditFacts | null): Date {
  const limit = timeLimit(situation, audit);
  const look = after(situation.now, LOOK_MS);
  return limit !== undefined && limit < look ? limit : look;
}

/** When the wait for the verdict ends; undefined without a limit, which a retry after AUDIT_TIMEOUT has not. */
function timeLimit({ target, context }: Situation, audit: AuditFacts | null): Date | undefined {
  const timeoutMs = millisOf(context.spec.audit?.timeout);
  if (timeoutMs === 0 || audit === null || isWithoutLimit(target)) return undefined;
  return after(audit.submittedAt, timeoutMs);
}

/** The error of a target whose time for the verdict was over; null if it was not. */
export function timedOut(situation: Situation): OperationError | null {
  const { target, now } = situation;
  if (isWithoutLimit(target)) return target.error;
  const limit = timeLimit(situation, auditOf(situation));
  return limit !== undefined && limit <= now ? TIMED_OUT : null;
}

const TIMED_OUT = rolloutError('AUDIT_TIMEOUT', 'no verdict within audit.timeout');

const isWithoutLimit = ({ error }: Situation['target']): boolean => error?.reason === 'AUDIT_TIMEOUT';
