import {
  AuditItem,
  problem,
  type RolloutAudit,
  type RolloutAuditRule,
  type RolloutSpec,
  SubmitAuditRequest,
} from '@wxa/contracts';
import { field, known, ROOMS, type Rule, type Violation, violationsBy } from '@wxa/methods';
import { days } from './duration-rules.js';

const MAX_TIMEOUT_DAYS = 60;

/** The rules of RolloutAudit: SubmitAudit's own rules and those of its sources of items. */
export const AUDIT_STEP_RULES: Rule<RolloutSpec>[] = [
  (spec) => (spec.audit === undefined ? [] : submitViolations(spec.audit)),
  field('audit.timeout', (s) => s.audit?.timeout, days(MAX_TIMEOUT_DAYS)),
  field('audit.on_open_audit', (s) => s.audit?.onOpenAudit ?? '', known),
];

/** The violations of audit items by SubmitAudit's own rules, named from `items` on. */
export function itemViolations(items: AuditItem[]): Violation[] {
  const request = SubmitAuditRequest.create({ items });
  return violationsBy(ROOMS.SubmitAudit.validate, request).filter((violation) => isOfItems(violation));
}

const isOfItems = ({ field }: Violation): boolean => field.startsWith('items');

function* submitViolations(audit: RolloutAudit): Generator<Violation> {
  const { itemsFrom, versionDesc, feedbackInfo, orderPath, ugcDeclaration } = audit;
  yield* itemsFrom === undefined
    ? [{ field: 'audit.items_from', ...problem('ITEMS_FROM_REQUIRED') }]
    : itemsFrom.$case === 'fixed'
      ? within('audit.fixed', itemViolations(itemsFrom.value.items))
      : ruleViolations(itemsFrom.value);
  const request = SubmitAuditRequest.create({ versionDesc, feedbackInfo, orderPath, ugcDeclaration });
  const others = violationsBy(ROOMS.SubmitAudit.validate, request).filter((v) => !isOfItems(v));
  yield* within('audit', others);
}

const within = (name: string, violations: Violation[]): Violation[] =>
  violations.map((violation) => ({ ...violation, field: `${name}.${violation.field}` }));

/** The category comes from the mini-program. */
const ANY_CATEGORY = { firstClass: '-', firstId: 1, secondClass: '-', secondId: 1 };

function ruleViolations({ address, title, tag, preferSecondId }: RolloutAuditRule): Violation[] {
  const item = AuditItem.create({ address, title, tag, ...ANY_CATEGORY });
  const found = itemViolations([item]).map((violation) => ({
    ...violation,
    field: violation.field.replace('items[0]', 'audit.rule'),
  }));
  if (preferSecondId < 0)
    found.push({
      field: 'audit.rule.prefer_second_id',
      ...problem('NUMBER_TOO_LOW', { min: 0, actual: preferSecondId }),
    });
  return found;
}
