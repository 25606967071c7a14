import type { OperationError } from '@wxa/contracts';

/** The reasons that only rollouts have. */
export type RolloutReason =
  | 'AUDIT_REJECTED'
  | 'AUDIT_WITHDRAWN'
  | 'AUDIT_TIMEOUT'
  | 'OPEN_AUDIT'
  | 'CHECK_PAGES'
  | 'CHECK_CATEGORIES'
  | 'CHECK_PRIVACY'
  | 'NOT_LIVE'
  | 'STILL_LIVE'
  | 'RELEASED_BY_HAND'
  | 'FIRST_RELEASE'
  | 'NOTHING_TO_ROLL_BACK'
  | 'NOT_AUTHORIZED'
  | 'TAKEN_OUT'
  | 'OPERATION_CANCELLED'
  | 'REQUEST_ID_TAKEN';

/** The error of a target for one of these reasons. */
export function rolloutError(reason: RolloutReason, errmsg: string): OperationError {
  throw new Error(`not implemented: ${[reason, errmsg]}`);
}
