import type { RolloutAuditRule } from '@wxa/contracts';
import { type RolloutReason, rolloutError } from '../failures/reasons.js';
import { buildItem, missingCategories, missingPages } from '../requests/build-item.js';
import { checkAt, checksOf, isRequested, itemsOf, knownItems, type StepCheck } from '../requests/parts.js';
import type { Target } from '../target.js';
import {
  after,
  completed,
  type Ended,
  listIn,
  type Move,
  memberOf,
  moved,
  names,
  restarted,
  type Situation,
  type StepRows,
  waiting,
} from './move.js';
import { nextStep, startCheck } from './start.js';

const PRIVACY_PAUSE_MS = 60_000;
const MAX_PRIVACY_READS = 10;

/** The step CHECK: its queries run one after another. */
export const CHECK_STEP: StepRows = {
  succeeded: (ended) => {
    const check = currentCheck(ended);
    return check === undefined ? nextStep(at(ended)) : RESULTS[check](ended);
  },
  failed: (ended) => (currentCheck(ended) === 'BASELINE' ? nextPart(ended) : undefined),
  deleted: ({ target }) => restarted(target),
};

const RESULTS: Record<StepCheck, (ended: Ended) => Move> = {
  BASELINE: (ended) => {
    const version = memberOf(memberOf(ended.operation.result, 'release'), 'version');
    return nextPart(ended, { baselineVersion: typeof version === 'string' ? version : '' });
  },
  PAGES: (ended) => {
    const pages = listIn(ended, 'pages').filter((page) => typeof page === 'string');
    const missing = missingPages(itemsToCheck(ended, 'PAGES'), pages);
    if (missing.length > 0) return doesNotHold(ended, 'CHECK_PAGES', `no such pages: ${names(missing)}`);
    return nextPart(ended, { checkResults: { ...ended.target.checkResults, pages } });
  },
  CATEGORIES: (ended) => {
    const categories = listIn(ended, 'categories');
    const built = build(ended, categories);
    if ('problem' in built) return built.problem;
    const items = isRequested('CATEGORIES', ended.context.spec)
      ? (itemsOf(built.target, ended.context.spec) ?? [])
      : [];
    const missing = missingCategories(items, categories);
    if (missing.length > 0)
      return doesNotHold(ended, 'CHECK_CATEGORIES', `no such categories: ${names(missing)}`);
    return nextPart(ended, { checkedItems: built.target.checkedItems });
  },
  PRIVACY: (ended) => {
    const { target, context, operation, facts } = ended;
    if (memberOf(operation.result, 'done') !== true) return readPrivacyAgain(ended);
    const withoutAuth = listIn(ended, 'withoutAuth');
    const withoutConf = context.spec.audit?.privacyApiNotUsed ? [] : listIn(ended, 'withoutConf');
    const interfaces = [...withoutAuth, ...withoutConf].map(String);
    if (interfaces.length === 0) return nextPart({ ...ended, target: { ...target, part: lastPart(ended) } });
    const named = facts.settings?.settings.interfaces.map(({ apiName }) => apiName);
    const unnamed = named === undefined ? [] : interfaces.filter((one) => !named.includes(one));
    const lacking = unnamed.length === 0 ? '' : `; the settings do not name ${names(unnamed)}`;
    const errmsg = `privacy interfaces without permission: ${names(interfaces)}${lacking}`;
    return doesNotHold(ended, 'CHECK_PRIVACY', errmsg);
  },
};

const currentCheck = ({ target, context }: Situation): StepCheck | undefined =>
  checkAt(target.part, checksOf(target, context.spec));

const lastPart = ({ target, context }: Situation): number => checksOf(target, context.spec).length - 1;

const at = (ended: Ended) => ({ ...ended, at: ended.endedAt });

/** Of a rule, the page that it names. */
function itemsToCheck({ target, context: { spec } }: Ended, check: StepCheck) {
  if (!isRequested(check, spec)) return [];
  const rule = ruleOf(target, spec);
  return rule === undefined ? (knownItems(target, spec) ?? []) : [{ ...NO_ITEM, address: rule.address }];
}

const NO_ITEM = {
  tag: '',
  title: '',
  firstClass: '',
  firstId: 0,
  secondClass: '',
  secondId: 0,
  thirdClass: '',
  thirdId: 0,
};

/** The rule that builds the items of this target; undefined if they are given. */
function ruleOf(target: Target, spec: Situation['context']['spec']): RolloutAuditRule | undefined {
  const from = spec.audit?.itemsFrom;
  return knownItems(target, spec) === undefined && from?.$case === 'rule' ? from.value : undefined;
}

/** The target with the items that a rule builds. */
function build(ended: Ended, categories: unknown[]): { target: Target } | { problem: Move } {
  const { target, context } = ended;
  const rule = ruleOf(target, context.spec);
  if (rule === undefined) return { target };
  const pages = target.checkResults?.pages ?? [];
  const item = buildItem(rule, pages, categories);
  if (item !== undefined) return { target: { ...target, checkedItems: [item] } };
  return {
    problem:
      categories.length === 0
        ? doesNotHold(ended, 'CHECK_CATEGORIES', 'the mini-program has no category')
        : doesNotHold(ended, 'CHECK_PAGES', 'the committed code has no page'),
  };
}

function nextPart(ended: Ended, to: Partial<Target> = {}): Move {
  const target = { ...ended.target, ...to };
  const part = target.part + 1;
  const isLast = target.part >= lastPart(ended);
  const state = isLast ? undefined : startCheck({ ...ended, target }, part);
  return state === undefined ? nextStep({ ...at(ended), target }) : moved(target, state);
}

function readPrivacyAgain(ended: Ended): Move {
  const { target, endedAt, now } = ended;
  const reads = target.part - lastPart(ended) + 1;
  if (reads >= MAX_PRIVACY_READS)
    return doesNotHold(ended, 'CHECK_PRIVACY', `WeChat's privacy check was not done after ${reads} reads`);
  const until = after(endedAt, PRIVACY_PAUSE_MS);
  return moved(target, { part: target.part + 1, ...waiting('PRIVACY_CHECK', until, now) });
}

function doesNotHold({ target }: Ended, reason: RolloutReason, errmsg: string): Move {
  return completed({ ...target, checkResults: null }, 'FAILED', rolloutError(reason, errmsg));
}
