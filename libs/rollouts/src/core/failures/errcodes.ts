import type { OperationError } from '@wxa/contracts';
import { isAuthorizationGone } from '@wxa/methods';

/** Errcodes that a step handles itself. */
export const ERRCODE = {
  AUDIT_IN_PROGRESS: 85009,
  NO_AUDITED_VERSION: 85019,
  AUDIT_NOT_APPROVED: 85020,
  ALREADY_RELEASED: 85052,
  NO_AUDIT_YET: 85058,
  NO_ONLINE_VERSION: 85079,
  GRAY_AUDIT_NOT_APPROVED: 85080,
  GRAY_PERCENTAGE_NOT_HIGHER: 85082,
  AUDIT_QUOTA_EXHAUSTED: 85085,
  NO_DOMAIN_LEFT: 85017,
  DOMAIN_NOT_REGISTERED: 85018,
  DOMAINS_REFUSED: 85301,
  WEBVIEW_DOMAIN_NOT_REGISTERED: 89020,
  WEBVIEW_NOT_REGISTERED: 89021,
  GRAY_RELEASE_RUNNING: 87011,
  REVERT_NOT_POSSIBLE: 87012,
  SPEED_UP_QUOTA_EXHAUSTED: 89405,
} as const;

/** They concern the platform or the template, not one mini-program. */
const PLATFORM: ReadonlySet<number> = new Set([
  // The address of this service is not on the allow list.
  40164, 45035, 61004,
  // The platform is invalid, unpublished or penalised.
  61011, 61028, 86008,
  // The platform may not submit audits of new mini-programs, or of further versions.
  86009, 86010,
  // The template is missing, broken or too large.
  85014, 85043, 85044,
]);

/** Whether an error concerns the platform or the template. @param tokenSince `platformTokenSince` of the rollout. */
export function isPlatformError(
  { errcode, reason }: OperationError,
  endedAt: Date,
  tokenSince: Date | null | undefined,
): boolean {
  const lackedToken = tokenSince === null || (tokenSince !== undefined && endedAt < tokenSince);
  return PLATFORM.has(errcode) || (reason === 'TOKEN_UNAVAILABLE' && lackedToken);
}

const PERMISSION_SET_MISSING = 61007;

/** Whether the mini-program has withdrawn its authorization, or never gave the permission set. */
export function isAuthorizationError(error: OperationError): boolean {
  return (
    error.reason === 'NOT_AUTHORIZED' ||
    error.errcode === PERMISSION_SET_MISSING ||
    isAuthorizationGone(error)
  );
}

/** After these the live version shows whether the release is done: someone else released, reverted or submitted. */
const DECIDED_BY_VERIFY: ReadonlySet<number> = new Set([
  ERRCODE.NO_AUDITED_VERSION,
  ERRCODE.AUDIT_NOT_APPROVED,
  ERRCODE.ALREADY_RELEASED,
  ERRCODE.GRAY_AUDIT_NOT_APPROVED,
]);

export const isVersionMismatch = ({ reason }: OperationError): boolean => reason === 'VERSION_MISMATCH';

/** Whether the step VERIFY decides about an error of RELEASE. */
export function isDecidedByVerify(error: OperationError): boolean {
  return DECIDED_BY_VERIFY.has(error.errcode) || isVersionMismatch(error);
}

/** Whether an error of RELEASE means that someone else has released the approved version, or another one. */
export function isReleasedByHand({ errcode }: OperationError): boolean {
  return errcode === ERRCODE.ALREADY_RELEASED || errcode === ERRCODE.GRAY_AUDIT_NOT_APPROVED;
}

/** Whether GetLatestAuditStatus failed because there is no audit. */
export function isNoAuditYet({ errcode }: OperationError): boolean {
  return errcode === ERRCODE.NO_AUDIT_YET || errcode === 85012 || errcode === 86001;
}
