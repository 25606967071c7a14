import type { AuthorizerState } from '../authorizers.js';

/** A mini-program as Postgres has it when a sync finds it in WeChat's list. */
export interface KnownAuthorizer {
  state: AuthorizerState;
  /** Whether a code of a new authorization is to be exchanged. */
  hasCode: boolean;
  hasPermissionSets: boolean;
  /** It has no refresh token, although this service keeps those: it is known since tokens came from elsewhere. */
  lacksToken: boolean;
  /** By WeChat's time; null if it was imported. */
  authorizedAt: Date | null;
  /** The time of the last callback that was applied; null if there was none. */
  toldAt: Date | null;
  /** Changed after the sync began. */
  isNewer: boolean;
}

/**
 * `add`: store it. `recover`: its withdrawal was followed by an authorization. `complete`: store its refresh token, since it has none
 * here. `read`: read its permission sets. `recheck`: check whether WeChat accepts its refresh token. `none`: nothing is to be done.
 */
export type SyncStep = 'add' | 'recover' | 'complete' | 'read' | 'recheck' | 'none';

/**
 * What a sync does about a mini-program in WeChat's list.
 * @param listedAt when it authorized, by the list; null if the list does not say.
 * @param ignoredAt until when it is ignored: it was removed, or is no mini-program.
 */
export function stepOfListed(
  listedAt: Date | null,
  known: KnownAuthorizer | undefined,
  ignoredAt: Date | null,
): SyncStep {
  if (known === undefined) return ignoredAt === null || isLater(listedAt, ignoredAt) ? 'add' : 'none';
  const { state, hasCode, isNewer } = known;
  if (hasCode) return 'none';
  // Also if it is newer, as after a change of its labels: a token that is there is never replaced.
  if (state === 'AUTHORIZED' && known.lacksToken) return 'complete';
  // Also if it is newer: an earlier part of this sync has added it.
  if (state === 'AUTHORIZED' && !known.hasPermissionSets) return 'read';
  // A callback wins: whether the list was read before or after it is not known.
  if (isNewer) return 'none';
  if (state === 'NEEDS_AUTHORIZATION') return 'recheck';
  if (state === 'UNAUTHORIZED') return isLater(listedAt, known.toldAt) ? 'recover' : 'none';
  return isLater(listedAt, known.authorizedAt) ? 'read' : 'none';
}

/** A mini-program that is authorized here and not in WeChat's list. */
export interface AbsentAuthorizer extends Pick<KnownAuthorizer, 'hasCode' | 'isNewer'> {
  /** An earlier complete sync did not find it either. */
  wasAbsent: boolean;
}

/** A list that changes while its pages are read may miss one, so one absence proves nothing, and two only cause a read. */
export function stepOfAbsent({ hasCode, isNewer, wasAbsent }: AbsentAuthorizer): 'note' | 'recheck' | 'none' {
  if (hasCode || isNewer) return 'none';
  return wasAbsent ? 'recheck' : 'note';
}

function isLater(listedAt: Date | null, than: Date | null): boolean {
  return listedAt !== null && listedAt.getTime() > (than?.getTime() ?? 0);
}
