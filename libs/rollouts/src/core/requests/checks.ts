import { type AuditItem, RolloutCheck, type RolloutSpec } from '@wxa/contracts';
import type { Target } from '../target.js';

/** A query of the step CHECK. */
export type StepCheck = 'BASELINE' | 'PAGES' | 'CATEGORIES' | 'PRIVACY';

/** The order of the queries. PRIVACY is the last one: its repeated reads are further parts. */
const ORDER: readonly StepCheck[] = ['BASELINE', 'PAGES', 'CATEGORIES', 'PRIVACY'];

/** The queries that a target needs, in order. Pages and categories are also read if a rule builds its items. */
export function checksOf(target: Pick<Target, 'items'>, spec: RolloutSpec): StepCheck[] {
  const isBuilt = knownItems(target, spec) === undefined && spec.audit?.itemsFrom?.$case === 'rule';
  return ORDER.filter(
    (check) => isRequested(check, spec) || (isBuilt && (check === 'PAGES' || check === 'CATEGORIES')),
  );
}

export const isRequested = (check: StepCheck, spec: RolloutSpec): boolean =>
  spec.checks.includes(RolloutCheck[`ROLLOUT_CHECK_${check}`]);

/** The query of a part; undefined if there is none. */
export function checkAt(part: number, checks: readonly StepCheck[]): StepCheck | undefined {
  return checks[part] ?? (checks.at(-1) === 'PRIVACY' ? 'PRIVACY' : undefined);
}

/** The audit items that are known without a query; undefined if a rule builds them, or nothing is submitted. */
export function knownItems(target: Pick<Target, 'items'>, spec: RolloutSpec): AuditItem[] | undefined {
  if (target.items !== null && target.items.length > 0) return target.items;
  const from = spec.audit?.itemsFrom;
  return from?.$case === 'fixed' ? from.value.items : undefined;
}

/** The audit items of a target; undefined if a rule builds them and has not yet. */
export function itemsOf(
  target: Pick<Target, 'items' | 'checkedItems'>,
  spec: RolloutSpec,
): AuditItem[] | undefined {
  return knownItems(target, spec) ?? target.checkedItems ?? undefined;
}
