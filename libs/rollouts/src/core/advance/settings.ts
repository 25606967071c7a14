import type { OperationError } from '@wxa/contracts';
import { ERRCODE } from '../failures/errcodes.js';
import { RESULT_DELETED, type RolloutReason, rolloutError } from '../failures/reasons.js';
import { SETTINGS_PART, settingsPartFrom } from '../requests/parts.js';
import type { NeededSettings, Target, TargetFacts } from '../target.js';
import {
  after,
  completed,
  type Ended,
  listIn,
  listOf,
  type Move,
  memberOf,
  moved,
  names,
  postponed,
  restarted,
  type Situation,
  type StepRows,
  unchanged,
  waiting,
} from './move.js';
import { BUSY_MS } from './readiness.js';
import { nextStep, startSettings } from './start.js';

/** The read that follows WeChat's event wakes the target; this is the safety net. */
const INTERFACE_LOOK_MS = 30 * 60_000;
/** A read has the time of a worker's clock, and WeChat may decide while a look is on its way. */
const CLOSE_MS = 10_000;

/** Parts whose operation may be a query, which is deleted early; a guide that WeChat has is not sent again. */
const REPEATABLE: number[] = [SETTINGS_PART.GUIDE, SETTINGS_PART.INTERFACES];

/** The step SETTINGS: its operations run one after another; those for which the settings name nothing are left out. */
export const SETTINGS_STEP: StepRows = {
  succeeded: (ended) => {
    const { part } = ended.target;
    if (part >= SETTINGS_PART.LOOK) return looked(ended);
    if (part >= SETTINGS_PART.APPLY) return applied(ended);
    return RESULTS[part]?.(ended) ?? nextPart(ended);
  },
  failed: (ended, error) => {
    const isOptional = ended.facts.settings?.settings.webviewOptional === true;
    if (error.reason === 'WEBVIEW_NOT_ALLOWED' && isOptional) return nextPart(ended);
    return notRegistered(ended, error);
  },
  deleted: ({ target }) =>
    REPEATABLE.includes(target.part) || target.part >= SETTINGS_PART.LOOK
      ? restarted(target)
      : completed(target, 'FAILED', RESULT_DELETED),
};

/** What the result of a part means; undefined: the next part. */
const RESULTS: Readonly<Record<number, (ended: Ended) => Move | undefined>> = {
  [SETTINGS_PART.SERVER_DOMAINS]: (ended) => {
    const refused = listIn(ended, 'refused').map((one) => String(memberOf(one, 'domain')));
    if (refused.length === 0) return undefined;
    // WeChat writes names in lower case.
    const written = new Set(refused.map((domain) => domain.toLowerCase()));
    const missing = unregisteredOf(ended).filter((domain) => written.has(domain.toLowerCase()));
    if (missing.length > 0) return unregistered(ended, missing);
    return fails(ended, 'DOMAINS_REFUSED', `WeChat refused these domains: ${names(refused)}`);
  },
  [SETTINGS_PART.GUIDE]: (ended) => {
    // Of SetPrivacyGuide; of GetPrivacyGuide if the settings name no kind of data: it omits purposes without a text.
    const purposes = listOf(memberOf(ended.operation.result, 'guide'), 'purposes');
    const covered = new Set(purposes.map((one) => memberOf(one, 'key')));
    const detected = listIn(ended, 'detectedKeys').filter((key) => !covered.has(key));
    const keys = [...listIn(ended, 'uncoveredKeys'), ...detected].map(String);
    if (keys.length === 0) return undefined;
    return fails(ended, 'PRIVACY_TEXT_MISSING', `the privacy guide does not cover: ${names(keys)}`);
  },
  [SETTINGS_PART.INTERFACES]: (ended) => {
    const interfaces = neededInterfaces(ended)
      .filter(({ application, state }) => application !== undefined && state === 'AVAILABLE')
      .map(({ apiName }) => apiName);
    if (interfaces.length === 0) return looked(ended);
    return moved(ended.target, {
      state: 'PENDING',
      part: SETTINGS_PART.APPLY,
      checkResults: { ...ended.target.checkResults, interfaces },
    });
  },
};

/** One application after another, then a look at them. */
function applied(ended: Ended): Move {
  const { target } = ended;
  const part = target.part + 1;
  const isLast = part - SETTINGS_PART.APPLY >= (target.checkResults?.interfaces ?? []).length;
  return isLast ? awaitReview(ended, SETTINGS_PART.LOOK) : moved(target, { state: 'PENDING', part });
}

/** The read that shows the decision lets the target look; it may have been stored before the target begins to wait. */
function awaitReview({ target, facts, endedAt, now }: Ended, part: number): Move {
  if (facts.inventory?.isBusy) return postponed(target, after(now, BUSY_MS));
  const until = isReviewedSince(endedAt, facts) ? after(now, CLOSE_MS) : after(endedAt, INTERFACE_LOOK_MS);
  return moved(target, { part, ...waiting('INTERFACE', until, now) });
}

/** Whether a read that began later, or shortly before, shows no interface in review. */
function isReviewedSince(time: Date, { inventory }: TargetFacts): boolean {
  const reviewedAt = inventory?.reviewedAt ?? null;
  return reviewedAt !== null && reviewedAt > after(time, -CLOSE_MS);
}

/** Whether the needed interfaces are open. One that cannot be applied for is left to the privacy check. */
function looked(ended: Ended): Move {
  const { target } = ended;
  const needed = neededInterfaces(ended);
  const refused = needed.find(({ state }) => state === 'REFUSED');
  if (refused !== undefined)
    return fails(ended, 'INTERFACE_REFUSED', `${refused.apiName}: ${refused.refusalReason}`);
  const isApplied = target.part >= SETTINGS_PART.LOOK;
  const isOpen = needed.every(
    ({ state, apiName }) =>
      state !== 'IN_REVIEW' &&
      !(isApplied && state === 'AVAILABLE' && target.checkResults?.interfaces?.includes(apiName)),
  );
  if (isOpen) return nextPart(ended);
  return awaitReview(ended, isApplied ? target.part + 1 : SETTINGS_PART.LOOK);
}

/** The interfaces that the settings name, as WeChat's list has them. */
function neededInterfaces(ended: Ended) {
  const listed = new Map(listIn(ended, 'interfaces').map((one) => [memberOf(one, 'apiName'), one]));
  return (ended.facts.settings?.settings.interfaces ?? []).map(({ apiName, application }) => {
    const one = listed.get(apiName);
    const state = String(memberOf(one, 'state') ?? '').replace('PRIVACY_INTERFACE_STATE_', '');
    return { apiName, application, state, refusalReason: String(memberOf(one, 'refusalReason') ?? '') };
  });
}

/** A target that waits for a review looks at the interfaces when it is due, or a read since it began to wait shows none in review. */
export function onInterface(situation: Situation): Move {
  const { target, facts, now } = situation;
  const { dueAt } = target;
  const isDue = dueAt === null || dueAt <= now || isReviewedSince(after(dueAt, -INTERFACE_LOOK_MS), facts);
  return isDue ? moved(target, { state: 'PENDING' }) : unchanged(target);
}

const nextPart = (ended: Ended): Move => nextSettings(ended, ended.endedAt);

/** The next part that has something to set, or the next step. */
export function nextSettings(situation: Situation, at: Date): Move {
  const { target } = situation;
  const state = startSettings(situation, target.part + 1);
  return state === undefined
    ? nextStep({ ...situation, at }, appliedSettings(situation))
    : moved(target, state);
}

/** What a target knows of the settings with which an operation is accepted: empty if an earlier one had others. */
export function acceptedSettings(
  { part, checkResults }: Target,
  settings: NeededSettings | null,
): Partial<Target> {
  const isFirst = settingsPartFrom(0, settings) === part;
  const fingerprint = settings?.fingerprint ?? '';
  const isSame = isFirst || checkResults?.fingerprint === fingerprint;
  return { settingsHash: null, checkResults: { ...checkResults, fingerprint: isSame ? fingerprint : '' } };
}

/** What a target that has applied its settings stores: empty if they have changed since. */
function appliedSettings({ target, facts }: Situation): Partial<Target> {
  const fingerprint = target.checkResults?.fingerprint;
  if (fingerprint === undefined) return {};
  return { settingsHash: fingerprint === facts.settings?.fingerprint ? fingerprint : '' };
}

/** WeChat's codes for a domain that the platform has not registered. */
const NOT_REGISTERED: ReadonlySet<number> = new Set([
  ERRCODE.DOMAIN_NOT_REGISTERED,
  ERRCODE.WEBVIEW_NOT_REGISTERED,
  ERRCODE.WEBVIEW_DOMAIN_NOT_REGISTERED,
]);

/** WeChat's codes for a set of which nothing is left, for whatever reason. */
const NOTHING_LEFT: ReadonlySet<number> = new Set([ERRCODE.NO_DOMAIN_LEFT, ERRCODE.DOMAINS_REFUSED]);

const unregisteredOf = ({ facts }: Situation): readonly string[] => facts.settings?.unregistered ?? [];

/** What an error means that may be about domains which the platform has not registered; undefined for any other. */
function notRegistered(ended: Ended, error: OperationError): Move | undefined {
  const missing = unregisteredOf(ended);
  const isSaid = NOT_REGISTERED.has(error.errcode);
  if (missing.length > 0)
    return isSaid || NOTHING_LEFT.has(error.errcode) ? unregistered(ended, missing, error) : undefined;
  if (!isSaid) return undefined;
  // The list as last read does not show which: it may be an hour old, was never read, or the domain is one of a socket.
  const sent = sentDomains(ended);
  const own = sent.filter((domain) => ended.facts.settings?.ownDomains.includes(domain));
  if (own.length === 0) return unregistered(ended, sent, error);
  return fails(ended, 'DOMAINS_REFUSED', `WeChat refused one of these domains: ${names(own)}`, error);
}

/** The domains that the part has sent. */
function sentDomains({ target, facts }: Ended): string[] {
  const { serverDomains, webviewDomains = [] } = facts.settings?.settings ?? {};
  return target.part === SETTINGS_PART.WEBVIEW_DOMAINS
    ? webviewDomains
    : Object.values(serverDomains ?? {}).flat();
}

/** A layer of all or of a label concerns more than this mini-program: an error of the platform. */
function unregistered(ended: Ended, domains: readonly string[], cause?: OperationError): Move {
  const errmsg = `the platform has not registered: ${names(domains)}`;
  const args = { domains: names(domains) };
  const error = rolloutError('DOMAIN_NOT_REGISTERED', errmsg, { cause, args });
  const own = ended.facts.settings?.ownDomains ?? [];
  if (domains.some((domain) => own.includes(domain))) return completed(ended.target, 'FAILED', error);
  return restarted(ended.target, {}, { platformError: error });
}

const fails = ({ target }: Ended, reason: RolloutReason, errmsg: string, cause?: OperationError): Move =>
  completed({ ...target, checkResults: null }, 'FAILED', rolloutError(reason, errmsg, { cause }));
