import { GetDomainsResponse, type OperationError } from '@wxa/contracts';
import { domainsOf, expectedOf } from '@wxa/methods';
import { isReleasedByHand } from '../failures/errcodes.js';
import { type RolloutReason, rolloutError } from '../failures/reasons.js';
import { VERIFY_PART } from '../requests/parts.js';
import type { NeededSettings, Target } from '../target.js';
import {
  completed,
  type Ended,
  type Move,
  memberOf,
  moved,
  restarted,
  type StepRows,
  waiting,
} from './move.js';
import { lookAt, nextStep } from './start.js';

/** Reads lag behind a release, so a kept error is believed at the second look. */
const DECIDING_LOOK = 1;

/** More names make a target no clearer. */
const MAX_DRIFTED = 20;

/** The step VERIFY: the live version must be the one of the rollout; in a rollback it must not be. Then one look at the domains. */
export const VERIFY_STEP: StepRows = {
  succeeded: (ended) => {
    if (isLookAtDomains(ended.target)) return compared(ended);
    const version = liveVersion(ended);
    const isOurs = version === ended.context.spec.userVersion;
    return isOurs !== ended.context.isRollback ? confirmed(ended, isOurs) : opposite(ended, version);
  },
  failed: () => undefined,
  deleted: (situation) => {
    const { target, now } = situation;
    // The release is confirmed, whatever has become of the look.
    if (isLookAtDomains(target)) return nextStep({ ...situation, at: now });
    return restarted(target, { error: target.error });
  },
};

export const isLookAtDomains = ({ step, part }: Pick<Target, 'step' | 'part'>): boolean =>
  step === 'VERIFY' && part === VERIFY_PART.DOMAINS;

/** The domains are looked at if the settings name some. */
function confirmed(ended: Ended, isReleased: boolean): Move {
  const { target, context, facts, endedAt } = ended;
  if (context.state === 'CANCELLING' || desiredBy(facts.settings).length === 0)
    return nextStep({ ...ended, at: endedAt }, { isReleased });
  return moved(target, { state: 'PENDING', part: VERIFY_PART.DOMAINS, isReleased });
}

function compared(ended: Ended): Move {
  const { server, webview } = GetDomainsResponse.fromJSON(ended.operation.result ?? {});
  const effective = new Set(domainsOf(server?.effective, webview?.effective));
  const set = domainsOf(server?.setByService, webview?.setByService);
  const { settings } = ended.facts;
  const expected = expectedOf(desiredBy(settings), settings?.settings ?? {}, set);
  const drifted = expected.filter((domain) => !effective.has(domain));
  const names = drifted.slice(0, MAX_DRIFTED).map((domain) => domain.slice(domain.indexOf(' ') + 1));
  return nextStep({ ...ended, at: ended.endedAt }, { driftedDomains: names.length > 0 ? names : null });
}

const desiredBy = (needed: NeededSettings | null): string[] =>
  needed === null ? [] : domainsOf(needed.settings.serverDomains, needed.settings.webviewDomains);

function liveVersion({ operation }: Ended): string {
  const version = memberOf(memberOf(operation.result, 'release'), 'version');
  return typeof version === 'string' ? version : '';
}

function opposite(ended: Ended, version: string): Move {
  const { target, context, endedAt, now } = ended;
  const look = target.part;
  const isLast = look >= context.waits.verifyDelaysMs.length - 1;
  if (target.error !== null && (isLast || look >= DECIDING_LOOK)) return byKeptError(ended, version);
  if (isLast) {
    const reason = context.isRollback ? 'STILL_LIVE' : 'NOT_LIVE';
    const seen = { ...target, isReleased: context.isRollback };
    return completed(seen, 'FAILED', seenLive(reason, version));
  }
  const until = lookAt(endedAt, context, look + 1);
  return moved(target, { part: look + 1, error: target.error, ...waiting('VERIFY', until, now) });
}

function byKeptError({ target }: Ended, version: string): Move {
  const { error } = target;
  return error !== null && isReleasedByHand(error)
    ? completed(target, 'SKIPPED', seenLive('RELEASED_BY_HAND', version, error))
    : completed(target, 'FAILED', error);
}

function seenLive(reason: RolloutReason, version: string, cause?: OperationError): OperationError {
  const errmsg = version === '' ? 'no version is live' : `the live version is "${version}"`;
  return rolloutError(reason, errmsg, { cause, args: { version } });
}
