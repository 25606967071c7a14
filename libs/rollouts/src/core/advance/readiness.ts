import { RolloutReadiness_OnNotReady as OnNotReady } from '@wxa/contracts';
import { rolloutError } from '../failures/reasons.js';
import { pipelineOf } from '../pipeline.js';
import { missingValues } from '../requests/request-of.js';
import type { AuthorizationState, Obstacle } from '../target.js';
import { after, completed, type Move, moved, names, postponed, type Situation, unchanged } from './move.js';
import { nextStep } from './start.js';

/** What was read longer ago is read again first. */
const FRESH_MS = 60 * 60_000;
/** A read that was asked for and does not come in this time holds nothing back. */
export const READ_MS = 10 * 60_000;
/** A read that is being stored wakes only those that it sees waiting. */
export const BUSY_MS = 1_000;
/** The read that shows the change wakes the target; this is the safety net. */
const LOOK_MS = 60 * 60_000;

/** Moves a target of the step READINESS, which has no operation, by what the inventory shows. */
export function onReadiness(situation: Situation): Move {
  const { target } = situation;
  const ended = ofUnauthorized(situation) ?? ofReleased(situation);
  if (ended !== undefined) return ended;
  if (situation.facts.inventory?.isBusy)
    return target.state === 'PENDING' ? postponed(target, after(situation.now, BUSY_MS)) : unchanged(target);
  if (mustReadFirst(situation)) {
    const dueAt = target.state === 'WAITING' ? target.dueAt : null;
    const next = after(situation.now, READ_MS);
    if (dueAt === null)
      return moved(target, { state: 'WAITING', waitsFor: 'READ', dueAt: next }, { needsRead: true });
    const wasAsked = wasAskedSince(situation, after(dueAt, -READ_MS));
    if (dueAt > situation.now) {
      // The read may have failed.
      if (target.waitsFor === 'READ') return { ...postponed(target, dueAt), needsRead: true };
      if (wasAsked) return unchanged(target);
    }
    if (!wasAsked || !knowsVersions(situation)) {
      // Versions that cannot be read hold back this target only: it makes room for those that have not been read yet.
      const makesRoom = wasAsked && target.waitsFor === 'READ';
      const waits = { state: 'WAITING', waitsFor: 'READINESS', dueAt: next } as const;
      return { ...(makesRoom ? moved(target, waits) : postponed(target, next)), needsRead: true };
    }
  }
  const obstacles = obstaclesOf(situation);
  return obstacles.length === 0
    ? nextStep({ ...situation, at: situation.now })
    : notReady(situation, obstacles);
}

/** The end of a target whose mini-program has not authorized the platform; undefined if it has, or may have. */
export function ofUnauthorized({ target, facts }: Situation): Move | undefined {
  const problem = UNAUTHORIZED[facts.authorization];
  if (problem === undefined) return undefined;
  return completed(target, 'SKIPPED', rolloutError('NOT_AUTHORIZED', problem));
}

/** The end of a target that has a live version of another's already, if the rollout takes in unreleased mini-programs only. */
export function ofReleased({ target, context, facts }: Situation): Move | undefined {
  if (context.spec.continuous?.onlyUnreleased !== true || facts.inventory?.isLive !== true) return undefined;
  if (target.isReleased || !pipelineOf(context.spec, context.isRollback).includes('READINESS'))
    return undefined;
  return completed(
    target,
    'SKIPPED',
    rolloutError('ALREADY_RELEASED', 'the mini-program has a live version'),
  );
}

const UNAUTHORIZED: Record<AuthorizationState, string | undefined> = {
  AUTHORIZED: undefined,
  UNKNOWN: undefined,
  NOT_AUTHORIZED: 'the mini-program has not authorized the platform',
  NO_PERMISSION_SET_18: 'the mini-program has not authorized permission set 18',
};

/** Who waits for its owner is left to the intervals of the sweep, until only the versions are missing. */
function mustReadFirst(situation: Situation): boolean {
  const { target, facts } = situation;
  if (target.waitsFor !== 'READINESS') return !isFresh(situation);
  return facts.inventory !== null && !knowsVersions(situation) && obstaclesOf(situation).length === 0;
}

/** What is not in the inventory cannot be read into it. */
function isFresh(situation: Situation): boolean {
  const { inventory } = situation.facts;
  return inventory === null || (isRecent(inventory.readAt, situation) && knowsVersions(situation));
}

/** Whether no live version is one that WeChat has shown, where that decides. */
const knowsVersions = (situation: Situation): boolean =>
  situation.context.spec.continuous?.onlyUnreleased !== true ||
  isRecent(situation.facts.inventory?.versionsAt ?? null, situation);

const isRecent = (at: Date | null, { now }: Situation): boolean => at !== null && after(at, FRESH_MS) > now;

/** Reads have a low rate, and stop while callers wait for one: a target that has waited so long may not have had its turn. */
function wasAskedSince({ facts }: Situation, since: Date): boolean {
  const askedAt = facts.inventory?.askedAt ?? null;
  return askedAt !== null && askedAt > since;
}

function obstaclesOf(situation: Situation): Obstacle[] {
  const { onNotReady, ignore = [] } = situation.context.spec.readiness ?? {};
  if (onNotReady === OnNotReady.ON_NOT_READY_IGNORE) return [];
  const ignored = new Set(ignore.map((item) => item.replace('READINESS_ITEM_TYPE_', '')));
  return (situation.facts.inventory?.obstacles ?? []).filter(
    ({ item, isOfCode }) =>
      !ignored.has(item) &&
      !(item === 'EXT_VALUES' && hasValues(situation)) &&
      !(isOfCode && setsGuideOfNewCode(situation)),
  );
}

/** Only its own commit shows what the new code needs, and SETTINGS judges that before an audit is used. */
function setsGuideOfNewCode({ context }: Situation): boolean {
  const steps = pipelineOf(context.spec, context.isRollback);
  return steps.includes('COMMIT') && steps.includes('SETTINGS');
}

/** The inventory knows the settings only; the rollout or the target may have the values that they lack. */
function hasValues({ target, context, facts }: Situation): boolean {
  return facts.settings !== null && missingValues(target, context, facts.settings).length === 0;
}

function notReady(situation: Situation, obstacles: Obstacle[]): Move {
  const { target, context, now } = situation;
  if (context.spec.readiness?.onNotReady !== OnNotReady.ON_NOT_READY_WAIT) {
    const errmsg = names(obstacles.map(({ item, detail }) => `${item}: ${detail}`));
    const args = { items: obstacles.map(({ item }) => item).join(' ') };
    return completed(target, 'SKIPPED', rolloutError('NOT_READY', errmsg, { args }));
  }
  const isWaiting = target.waitsFor === 'READINESS';
  if (isWaiting && target.dueAt !== null && target.dueAt > now) return unchanged(target);
  const dueAt = after(now, LOOK_MS);
  if (isWaiting) return postponed(target, dueAt);
  return moved(target, { state: 'WAITING', waitsFor: 'READINESS', dueAt });
}
