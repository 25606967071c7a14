import type { FirstTarget } from '../target.js';

/** The parts of SUBMIT_AUDIT: the submission, the withdrawal of another audit, a look at another audit. */
export const SUBMIT_PART = { SUBMIT: 0, UNDO: 1, LOOK: 2 } as const;

/** The parts of ROLL_BACK: the first operation and, after 87011, the two that follow. */
export const ROLL_BACK_PART = { FIRST: 0, REVERT_GRAY: 1, REVERT_AGAIN: 2 } as const;

/** The operation that takes back what the first rollout did; undefined if there is nothing to take back. */
export function rollBackMethod(
  part: number,
  first: FirstTarget | null,
  options: { withdrawAudits: boolean; keepReleased: boolean } | undefined,
): 'RevertRelease' | 'RevertGrayRelease' | 'UndoAudit' | undefined {
  if (part === ROLL_BACK_PART.REVERT_GRAY) return 'RevertGrayRelease';
  if (part === ROLL_BACK_PART.REVERT_AGAIN) return 'RevertRelease';
  if (first === null) return undefined;
  if (isReleased(first)) return options?.keepReleased ? undefined : 'RevertRelease';
  if (first.step === 'RELEASE' && first.part > 0) return 'RevertGrayRelease';
  const isOpen = first.step === 'AUDIT' && first.auditState === 'OPEN';
  return isOpen && options?.withdrawAudits ? 'UndoAudit' : undefined;
}

/** Whether the first rollout released the version; one that ends with RELEASE has no step VERIFY. */
const isReleased = ({ step, state }: FirstTarget): boolean =>
  step === 'VERIFY' || (step === 'RELEASE' && state === 'SUCCEEDED');
