import { type AuditItem, type MiniProgramSettings, RolloutCheck, type RolloutSpec } from '@wxa/contracts';
import type { FirstTarget, NeededSettings, Target } from '../target.js';

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

/** Whether a target has started a gray release and, as far as it knows, has not released the version to all users. */
export const hasGrayLeft = ({ grayShare, isReleased }: Pick<Target, 'grayShare' | 'isReleased'>): boolean =>
  grayShare !== null && !isReleased;

/** The parts of the step SETTINGS: domains first, because a refusal is cheaper than a wait. */
export const SETTINGS_PART = {
  SERVER_DOMAINS: 0,
  WEBVIEW_DOMAINS: 1,
  GUIDE: 2,
  INTERFACES: 3,
  /** And the following ones: an application for each of `checkResults.interfaces`. */
  APPLY: 4,
  /** And the following ones: looks at the interfaces after the applications. */
  LOOK: 1_000,
} as const;

type Names = (settings: MiniProgramSettings) => boolean;

const NAMED: readonly [part: number, isNamed: Names][] = [
  [SETTINGS_PART.SERVER_DOMAINS, ({ serverDomains }) => Object.values(serverDomains ?? {}).flat().length > 0],
  [SETTINGS_PART.WEBVIEW_DOMAINS, ({ webviewDomains }) => webviewDomains.length > 0],
  // Also if they name none: the one that WeChat has must cover what it detected.
  [SETTINGS_PART.GUIDE, () => true],
  [SETTINGS_PART.INTERFACES, ({ interfaces }) => interfaces.length > 0],
];

/** The first part, from one on, for which the settings name something; undefined if there is none. */
export function settingsPartFrom(from: number, needed: NeededSettings | null): number | undefined {
  if (needed === null) return undefined;
  return NAMED.find(([part, isNamed]) => part >= from && isNamed(needed.settings))?.[0];
}

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
