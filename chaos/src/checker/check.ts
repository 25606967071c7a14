import type { RunHistory } from '../history.js';
import { duplicateOperations, lost } from './accepted.js';
import { auditEventsNotOnce } from './audits.js';
import { publishedAgain } from './commands.js';
import { falseDeadlines } from './deadlines.js';
import { confirmedTwice, executedTwice, unattributed, wrongOutcome } from './done.js';
import { evidence, type Finding, type RunCheck } from './finding.js';
import { outOfOrder } from './order.js';
import { leaked, outcomeMissing, topicsChanged, twoValues } from './published.js';
import { miscounted, rolloutEvents, stepsTwice, targetsLost } from './rollout-checks.js';

/** What is checked, by the names that the report prints. */
export const CHECKS = {
  lost,
  'one request, two operations': duplicateOperations,
  'confirmed twice': confirmedTwice,
  'executed twice (ambiguous)': executedTwice,
  'out of order': outOfOrder,
  'wrong outcome': wrongOutcome,
  'deadline exceeded by our own limits': falseDeadlines,
  'unattributed side effect': unattributed,
  'outcome missing': outcomeMissing,
  'command published again': publishedAgain,
  'one ce_id, two values': twoValues,
  'audit event not published exactly once': auditEventsNotOnce,
  'missing or dead-lettered message': topicsChanged,
  'secrets in logs or Kafka': leaked,
  'step of a rollout begun twice': stepsTwice,
  'target of a rollout lost': targetsLost,
  'counts or journal of a rollout': miscounted,
  'event of a rollout missing or out of order': rolloutEvents,
} as const satisfies Record<string, RunCheck>;

export type CheckName = keyof typeof CHECKS;

/** The findings of each check; all empty for a correct run. Pure: the same history gives the same findings. */
export function check(history: RunHistory): Record<CheckName, Finding[]> {
  const known = evidence(history);
  const entries = Object.entries(CHECKS).map(([name, find]) => [name, find(known)]);
  return Object.fromEntries(entries) as Record<CheckName, Finding[]>;
}
