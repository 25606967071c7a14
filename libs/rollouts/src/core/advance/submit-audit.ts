import { RolloutAudit_OnOpenAudit as OnOpenAudit, type OperationError } from '@wxa/contracts';
import { ERRCODE, isNoAuditYet } from '../failures/errcodes.js';
import { RESULT_DELETED, rolloutError } from '../failures/reasons.js';
import { SUBMIT_PART } from '../requests/parts.js';
import type { Target } from '../target.js';
import { firstLookAt, isDecided } from './audit.js';
import {
  after,
  completed,
  type Ended,
  type Move,
  memberOf,
  moved,
  restarted,
  type Situation,
  type StepRows,
  unchanged,
} from './move.js';
import { nextStep } from './start.js';

const OPEN_AUDIT_LOOK_MS = 3_600_000;
/** The audit may just have ended: then nothing wakes the target. */
const FIRST_LOOK_MS = 60_000;

/** The step SUBMIT_AUDIT: the submission and, if another audit is open, its withdrawal or a look at it. */
export const SUBMIT_AUDIT_STEP: StepRows = {
  succeeded: (ended) => {
    if (ended.target.part === SUBMIT_PART.UNDO) return restarted(ended.target, { part: SUBMIT_PART.SUBMIT });
    return ended.target.part === SUBMIT_PART.LOOK ? looked(ended) : submitted(ended);
  },
  failed: (ended, error) => {
    if (ended.target.part === SUBMIT_PART.SUBMIT) return refused(ended, error);
    if (ended.target.part === SUBMIT_PART.UNDO && error.errcode === ERRCODE.NO_AUDITED_VERSION)
      return restarted(ended.target, { part: SUBMIT_PART.SUBMIT });
    const isFree = ended.target.part === SUBMIT_PART.LOOK && isNoAuditYet(error);
    return isFree ? submitNow(ended.target) : undefined;
  },
  deleted: ({ target }) =>
    target.part === SUBMIT_PART.LOOK ? restarted(target) : completed(target, 'FAILED', RESULT_DELETED),
};

function submitted(ended: Ended): Move {
  const { operation, endedAt } = ended;
  const auditId = memberOf(operation.result, 'auditId');
  const to: Partial<Target> = {
    auditOperationId: operation.id,
    auditId: auditId === undefined ? null : String(auditId),
    auditDelayed: false,
  };
  const move = nextStep({ ...ended, at: endedAt }, to, { submissions: 1 });
  const { target } = move;
  if (target.step !== 'AUDIT') return move;
  const situation = { ...ended, target };
  // A speed-up would come too late, and may have to wait.
  if (target.waitsFor !== 'AUDIT' && !isDecided(situation)) return move;
  const waiting = { state: 'WAITING', waitsFor: 'AUDIT', dueAt: firstLookAt(situation) } as const;
  return { ...move, target: { ...target, ...waiting } };
}

function refused(ended: Ended, error: OperationError): Move | undefined {
  switch (error.errcode) {
    case ERRCODE.AUDIT_QUOTA_EXHAUSTED:
      return restarted(ended.target);
    case ERRCODE.AUDIT_IN_PROGRESS:
      return ON_OPEN_AUDIT[ended.context.spec.audit?.onOpenAudit ?? OnOpenAudit.ON_OPEN_AUDIT_FAIL](
        ended,
        error,
      );
    default:
      return undefined;
  }
}

const fail = ({ target }: Ended, error: OperationError): Move =>
  completed(target, 'FAILED', rolloutError('OPEN_AUDIT', error.errmsg, { cause: error }));

const ON_OPEN_AUDIT: Record<OnOpenAudit, (ended: Ended, error: OperationError) => Move> = {
  [OnOpenAudit.ON_OPEN_AUDIT_UNSPECIFIED]: fail,
  [OnOpenAudit.ON_OPEN_AUDIT_FAIL]: fail,
  [OnOpenAudit.UNRECOGNIZED]: fail,
  // Nothing wakes the target if the open audit is not known here: then only the time does.
  [OnOpenAudit.ON_OPEN_AUDIT_WAIT]: (ended) =>
    waitForOpenAudit(ended, ended.facts.hasOtherOpenAudit ? OPEN_AUDIT_LOOK_MS : FIRST_LOOK_MS),
  [OnOpenAudit.ON_OPEN_AUDIT_WITHDRAW]: ({ target }) => restarted(target, { part: SUBMIT_PART.UNDO }),
};

/** The part says whether the audit is known: then its end wakes the target. */
function waitForOpenAudit({ target, facts, now }: Situation, ms: number): Move {
  const part = facts.hasOtherOpenAudit ? SUBMIT_PART.SUBMIT : SUBMIT_PART.LOOK;
  const dueAt = after(now, ms);
  return moved(target, { state: 'WAITING', waitsFor: 'OPEN_AUDIT', part, dueAt });
}

/** A target that waits for an open audit: it submits when that is known to have ended, and asks WeChat when it is due. */
export function onOpenAudit({ target, facts, now }: Situation): Move {
  const isKnownToHaveEnded = target.part === SUBMIT_PART.SUBMIT && !facts.hasOtherOpenAudit;
  if (isKnownToHaveEnded) return restarted(target);
  const isDue = target.dueAt === null || target.dueAt <= now;
  return isDue ? restarted(target, { part: SUBMIT_PART.LOOK }) : unchanged(target);
}

const OPEN: readonly unknown[] = ['AUDIT_STATE_PENDING', 'AUDIT_STATE_DELAYED'];

function looked(ended: Ended): Move {
  const isOpen = OPEN.includes(memberOf(memberOf(ended.operation.result, 'audit'), 'state'));
  return isOpen ? waitForOpenAudit(ended, OPEN_AUDIT_LOOK_MS) : submitNow(ended.target);
}

/** The look was made under a new attempt, so the submission has an unused idempotency key. */
const submitNow = (target: Target): Move => moved(target, { state: 'PENDING', part: SUBMIT_PART.SUBMIT });
