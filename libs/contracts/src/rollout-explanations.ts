import type { RolloutExplanation } from './generated/wxa/code/v1/rollouts.js';
import { type ArgumentsOf, textsOf, textWith } from './texts.js';

/** What the name of a rollback begins with, before the name of the rollout that it takes back. */
export const ROLLBACK_NAME = 'Rollback: ';

/** The sentences about holds and pauses of rollouts, by the reason of their explanation. `{name}` stands for an argument. */
export const EXPLANATIONS = {
  // With `not_ready`, the number of targets that do not count, and `manual`: AdvanceRollout is needed too.
  GATE_SHARE: '{passed} of {targets} targets of wave {wave} have passed, {percent} % required',
  GATE_MANUAL: 'opens by AdvanceRollout',
  GATE_TIME: 'waits for its time',
  SHARE_FAILED:
    '{failed} of {ended} executions of {step} failed (rule {rule}: {percent} percent of at least {min_ended})',
  COUNT_FAILED: 'failed executions: {failed} (rule {rule}: count {limit})',
  SUBMISSIONS: 'audits submitted or in flight {used}, max_submissions {limit}',
  SUBMISSIONS_OF_DAY: 'audits submitted today or in flight {used}, max_submissions_per_day {limit}',
  OPEN_AUDITS: 'audits open or in flight {used}, max_open_audits {limit}',
  QUOTA_RESERVED: 'audits left {left}, reserve {limit}',
  QUOTA_RESERVED_UNREADABLE: 'audits left {left} (GetAuditQuota failed: {problem}), reserve {limit}',
  QUOTA_UNREAD: 'the audit quota is not read yet, reserve {limit}',
  QUOTA_UNREADABLE: 'the audit quota is not read yet (GetAuditQuota failed: {problem}), reserve {limit}',
  QUOTA_EXHAUSTED: 'WeChat refused a submission with 85085',
  QUOTA_LIFTED: 'submissions in flight {used}, at most {limit} in the hour after an 85085',
  CALLER_UNFINISHED:
    'caller {caller} has {used} unfinished operations, rollouts may use {limit} of {unfinished}',
  CALLER_AUDITS: 'caller {caller} has {used} audits this month, of at most {limit}',
  API_STOPPED: '{api} is stopped for the whole platform',
  REQUESTED: 'requested',
  REQUESTED_BY: 'requested by {by}',
  WITHOUT_POLICY: 'it was started without a policy',
  CALLER_UNKNOWN: 'the policy names no caller {caller}',
  NOT_ALLOWED_FOR_ALL: '{caller} may not call {method} for all mini-programs',
  TARGETS_NOT_ALLOWED: 'of its targets {targets} are not allowed: {offenders}',
} as const satisfies Record<string, string>;

export type ExplanationReason = keyof typeof EXPLANATIONS;

/** A sentence and what it says. */
export interface Explained {
  detail: string;
  explanation: RolloutExplanation;
}

/** The sentence of a reason with its arguments, in both forms. */
export function explanationOf<R extends ExplanationReason>(
  reason: R,
  ...values: ArgumentsOf<(typeof EXPLANATIONS)[R]>
): Explained {
  const args = textsOf(values[0]);
  return { detail: textWith(EXPLANATIONS[reason], args), explanation: { reason, arguments: args } };
}
