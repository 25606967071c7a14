import type { FirstTarget } from '../target.js';

/** The parts of SUBMIT_AUDIT: the submission, the withdrawal of another audit, a look at another audit. */
export const SUBMIT_PART = { SUBMIT: 0, UNDO: 1, LOOK: 2 } as const;

/** The parts of ROLL_BACK: the first operation; after 87011 the two that follow. */
export const ROLL_BACK_PART = { FIRST: 0, REVERT_GRAY: 1, REVERT_AGAIN: 2 } as const;

/** The parts of VERIFY: the first look at the live version, which others may follow; the look at the domains. */
export const VERIFY_PART = { VERSION: 0, DOMAINS: 100 } as const;

type RollBackMethod = 'RevertRelease' | 'RevertGrayRelease' | 'UndoAudit';

/** The methods of the parts after the first one. */
const LATER: Record<number, RollBackMethod> = {
  [ROLL_BACK_PART.REVERT_GRAY]: 'RevertGrayRelease',
  [ROLL_BACK_PART.REVERT_AGAIN]: 'RevertRelease',
};

/** The operation that takes back what the first rollout did; undefined if there is nothing to take back. */
export function rollBackMethod(
  part: number,
  first: FirstTarget | null,
  options: { withdrawAudits: boolean; keepReleased: boolean } | undefined,
): RollBackMethod | undefined {
  const later = LATER[part];
  if (later !== undefined) return later;
  if (first === null) return undefined;
  if (isReleased(first) && !options?.keepReleased) return 'RevertRelease';
  if (hasGrayLeft(first)) return 'RevertGrayRelease';
  const isOpen = first.step === 'AUDIT' && first.auditState === 'OPEN';
  return isOpen && options?.withdrawAudits ? 'UndoAudit' : undefined;
}

/** Whether the first rollout has released the version, or may have: in VERIFY that is decided by the live version. */
const isReleased = (first: FirstTarget): boolean => first.isReleased || first.step === 'VERIFY';

/** Whether the first rollout has started a gray release and, as far as it knows, has not released the version to all users. */
export const hasGrayLeft = ({ grayShare, isReleased }: FirstTarget): boolean =>
  grayShare !== null && !isReleased;
