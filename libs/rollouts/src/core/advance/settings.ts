import type { OperationError } from '@wxa/contracts';
import { ERRCODE } from '../failures/errcodes.js';
import { RESULT_DELETED, type RolloutReason, rolloutError } from '../failures/reasons.js';
import { SETTINGS_PART } from '../requests/settings-parts.js';
import {
  after,
  again,
  completed,
  type Ended,
  listOf,
  type Move,
  memberOf,
  moved,
  names,
  type Situation,
  type StepRows,
  waiting,
} from './move.js';
import { nextStep, startSettings } from './start.js';

/** WeChat reviews an application for hours; the row of its event wakes nothing. */
const INTERFACE_LOOK_MS = 30 * 60_000;

/** The step SETTINGS: its operations run one after another; those for which the settings name nothing are left out. */
export const SETTINGS: StepRows = {
  succeeded: (ended) => {
    const { part } = ended.target;
    if (part >= SETTINGS_PART.LOOK) return looked(ended);
    if (part >= SETTINGS_PART.APPLY) return applied(ended);
    return RESULTS[part]?.(ended) ?? nextPart(ended);
  },
  failed: (ended, error) => {
    if (NOT_REGISTERED.has(error.errcode)) return notRegistered(ended, error);
    const isOptional = ended.facts.settings?.settings.webviewOptional === true;
    return error.reason === 'WEBVIEW_NOT_ALLOWED' && isOptional ? nextPart(ended) : undefined;
  },
  deleted: ({ target }) =>
    target.part === SETTINGS_PART.INTERFACES || target.part >= SETTINGS_PART.LOOK
      ? again(target)
      : completed(target, 'FAILED', RESULT_DELETED),
};

/** What the result of a part means; undefined: the next part. */
const RESULTS: Readonly<Record<number, (ended: Ended) => Move | undefined>> = {
  [SETTINGS_PART.SERVER_DOMAINS]: (ended) => {
    const refused = listOf(ended, 'refused').map((one) => String(memberOf(one, 'domain')));
    if (refused.length === 0) return undefined;
    const missing = refused.filter((domain) => unregisteredOf(ended).includes(domain));
    if (missing.length > 0) return unregistered(ended, missing);
    return fails(ended, 'DOMAINS_REFUSED', `WeChat refused these domains: ${names(refused)}`);
  },
  [SETTINGS_PART.GUIDE]: (ended) => {
    const keys = listOf(ended, 'uncoveredKeys').map(String);
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
function applied({ target, endedAt, now }: Ended): Move {
  const part = target.part + 1;
  const isLast = part - SETTINGS_PART.APPLY >= (target.checkResults?.interfaces ?? []).length;
  if (!isLast) return moved(target, { state: 'PENDING', part });
  const until = after(endedAt, INTERFACE_LOOK_MS);
  return moved(target, { part: SETTINGS_PART.LOOK, ...waiting('INTERFACE', until, now) });
}

/** Whether the needed interfaces are open. One that cannot be applied for is left to the privacy check. */
function looked(ended: Ended): Move {
  const { target, endedAt, now } = ended;
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
  const part = isApplied ? target.part + 1 : SETTINGS_PART.LOOK;
  return moved(target, { part, ...waiting('INTERFACE', after(endedAt, INTERFACE_LOOK_MS), now) });
}

/** The interfaces that the settings name, as WeChat's list has them. */
function neededInterfaces(ended: Ended) {
  const listed = new Map(listOf(ended, 'interfaces').map((one) => [memberOf(one, 'apiName'), one]));
  return (ended.facts.settings?.settings.interfaces ?? []).map(({ apiName, application }) => {
    const one = listed.get(apiName);
    const state = String(memberOf(one, 'state') ?? '').replace('PRIVACY_INTERFACE_STATE_', '');
    return { apiName, application, state, refusalReason: String(memberOf(one, 'refusalReason') ?? '') };
  });
}

const nextPart = (ended: Ended): Move => nextSettings(ended, ended.endedAt);

/** The next part that has something to set, or the next step. */
export function nextSettings(situation: Situation, at: Date): Move {
  const { target, facts } = situation;
  const settingsHash = facts.settings?.fingerprint ?? null;
  const state = startSettings(situation, target.part + 1);
  if (state === undefined) return nextStep({ ...situation, at }, { settingsHash });
  return moved(target, { ...state, settingsHash });
}

/** WeChat's codes for a domain that the platform has not registered, or for nothing that is left without those. */
const NOT_REGISTERED: ReadonlySet<number> = new Set([
  ERRCODE.DOMAIN_NOT_REGISTERED,
  ERRCODE.WEBVIEW_NOT_REGISTERED,
  ERRCODE.WEBVIEW_DOMAIN_NOT_REGISTERED,
]);

const unregisteredOf = ({ facts }: Situation): readonly string[] => facts.settings?.unregistered ?? [];

const notRegistered = (ended: Ended, error: OperationError): Move =>
  unregistered(ended, unregisteredOf(ended), error);

/** A layer of all or of a label concerns more than this mini-program: an error of the platform. */
function unregistered(ended: Ended, domains: readonly string[], cause?: OperationError): Move {
  const errmsg = `the platform has not registered: ${names(domains)}`;
  const error = rolloutError('DOMAIN_NOT_REGISTERED', errmsg, cause);
  const own = ended.facts.settings?.ownDomains ?? [];
  if (domains.some((domain) => own.includes(domain))) return completed(ended.target, 'FAILED', error);
  return again(ended.target, {}, { platformError: error });
}

const fails = ({ target }: Ended, reason: RolloutReason, errmsg: string): Move =>
  completed({ ...target, checkResults: null }, 'FAILED', rolloutError(reason, errmsg));
