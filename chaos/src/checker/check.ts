import type { History } from '../history.js';
import { lost, twoForOne } from './accepted.js';
import { auditsNotOnce } from './audits.js';
import { publishedAgain } from './commands.js';
import { falseDeadlines } from './deadlines.js';
import { confirmedTwice, executedTwice, unaccounted, untrue } from './done.js';
import { outOfOrder } from './order.js';
import { leaked, outcomeMissing, topicsChanged, twoValues } from './published.js';
import { type Check, evidence, type Wrong } from './wrong.js';

/** What is checked, by the names that the report prints. */
export const CHECKS = {
  lost,
  'one request, two operations': twoForOne,
  'confirmed twice': confirmedTwice,
  'executed twice (ambiguous)': executedTwice,
  'out of order': outOfOrder,
  'told other than it was': untrue,
  'failed by our own limits': falseDeadlines,
  'done for nobody': unaccounted,
  'outcome missing': outcomeMissing,
  'command published again': publishedAgain,
  'one ce_id, two values': twoValues,
  'audits published other than once': auditsNotOnce,
  'gone from Kafka, or a dead letter': topicsChanged,
  'secrets in logs or Kafka': leaked,
} as const satisfies Record<string, Check>;

export type CheckName = keyof typeof CHECKS;

/** The findings of each check; all empty for a correct run. Pure: the same history gives the same findings. */
export function check(history: History): Record<CheckName, Wrong[]> {
  const known = evidence(history);
  const entries = Object.entries(CHECKS).map(([name, look]) => [name, look(known)]);
  return Object.fromEntries(entries) as Record<CheckName, Wrong[]>;
}
