import type { MethodName } from '../api/types.js';
import type { Operation } from '../operations/held-by.js';

/** The conclusions of an operator; `RESOLUTION_…` in the contract. */
export type Conclusion = 'DONE' | 'NOT_DONE' | 'RETRY';

/** JSON of the contract, as far as it is looked at. */
type Json = Readonly<Record<string, unknown>>;
const at = (json: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Json | undefined)?.[key], json);

interface Look {
  /** What shows whether the change was executed. It changes nothing. */
  read: MethodName;
  /** What was requested, as WeChat would say it. */
  requested(request: Json): unknown;
  /** What WeChat says. */
  found(answer: Json): unknown;
  /** Whether it was executed, by default if both are the same; undefined if that is not certain. @param startTime when it was sent first. */
  isDone?(request: Json, answer: Json, startTime: string): boolean | undefined;
}

const isSame = (requested: unknown, found: unknown) =>
  requested === undefined || requested === '' ? undefined : requested === found;
/** WeChat's times are whole seconds. */
const isSince = (time: unknown, startTime: string) =>
  Math.floor(Date.parse(String(time)) / 1000) >= Math.floor(Date.parse(startTime) / 1000);
const liveVersion = (answer: Json) => at(answer, 'release', 'version');
const GRAY = 'GRAY_RELEASE_STATUS_';
const grayStatus = (plan: unknown) => String(at(plan, 'status') ?? `${GRAY}DELETED`);
const GRAY_FLAGS = ['supportDebuggerFirst', 'supportExperiencerFirst'];
const IS_GRAY_OVER: Readonly<Record<string, boolean>> = {
  [`${GRAY}INITIAL`]: true,
  [`${GRAY}DELETED`]: true,
  [`${GRAY}RUNNING`]: false,
  [`${GRAY}PAUSED`]: false,
};
const auditState = (answer: Json) => String(at(answer, 'audit', 'state') ?? '');

const LOOKS: Readonly<Record<string, Look>> = {
  Commit: {
    read: 'CodeManagement/GetVersionInfo',
    requested: ({ userVersion, userDesc = '' }) => `${userVersion} ${userDesc}`.trim(),
    found: (answer) => `${at(answer, 'trial', 'version') ?? ''} ${at(answer, 'trial', 'desc') ?? ''}`.trim(),
    isDone: ({ userVersion, userDesc = '' }, { trial }, startTime) => {
      if (at(trial, 'version') !== userVersion) return false;
      // Otherwise it may be an earlier commit of that version.
      return ((at(trial, 'desc') ?? '') === userDesc && isSince(at(trial, 'time'), startTime)) || undefined;
    },
  },
  Release: {
    read: 'CodeManagement/GetVersionInfo',
    requested: ({ expectedUserVersion }) => expectedUserVersion,
    found: liveVersion,
  },
  RevertRelease: {
    read: 'CodeManagement/GetVersionInfo',
    // The version that was to be taken back.
    requested: ({ expectedUserVersion }) => expectedUserVersion,
    found: liveVersion,
    isDone: ({ expectedUserVersion }, answer) => {
      const stays = isSame(expectedUserVersion, liveVersion(answer));
      return stays === undefined ? undefined : !stays;
    },
  },
  ChangeVisitStatus: {
    read: 'CodeManagement/GetVisitStatus',
    requested: ({ status }) => status,
    found: ({ status }) => status,
  },
  SetSupportVersion: {
    read: 'CodeManagement/GetSupportVersion',
    requested: ({ version }) => version,
    found: ({ nowVersion }) => nowVersion,
  },
  UndoAudit: {
    read: 'CodeManagement/GetLatestAuditStatus',
    requested: () => 'AUDIT_STATE_WITHDRAWN',
    found: auditState,
  },
  GrayRelease: {
    read: 'CodeManagement/GetGrayReleasePlan',
    requested: ({ percentage = 0 }) => percentage,
    found: ({ plan }) => plan && `${at(plan, 'percentage') ?? 0} ${grayStatus(plan)}`,
    isDone: ({ percentage = 0, ...request }, { plan }) => {
      const isInEffect =
        grayStatus(plan) === `${GRAY}RUNNING` ||
        (grayStatus(plan) === `${GRAY}COMPLETED` && percentage === 100);
      const hasFlag = (flag: string) => Boolean(at(plan, flag)) === Boolean(request[flag]);
      const isRequested = (at(plan, 'percentage') ?? 0) === percentage && GRAY_FLAGS.every(hasFlag);
      // Another plan says nothing: it may have been changed in the meantime.
      return (isInEffect && isRequested) || undefined;
    },
  },
  RevertGrayRelease: {
    read: 'CodeManagement/GetGrayReleasePlan',
    requested: () => `${GRAY}DELETED`,
    found: ({ plan }) => grayStatus(plan),
    isDone: (_, { plan }) => IS_GRAY_OVER[grayStatus(plan)],
  },
  // Another audit may be the latest one: there is no suggestion.
  SubmitAudit: {
    read: 'CodeManagement/GetLatestAuditStatus',
    requested: () => undefined,
    found: (answer) => `${auditState(answer)} ${at(answer, 'audit', 'auditId') ?? ''}`.trim(),
  },
  SpeedUpAudit: {
    read: 'CodeManagement/GetLatestAuditStatus',
    requested: () => undefined,
    found: auditState,
  },
};

/** The RPCs that show whether changes were executed. */
export const READS: readonly MethodName[] = Object.values(LOOKS).map(({ read }) => read);

/** Which RPC shows whether a change was executed; undefined if none does. */
export function readOf(method: string): MethodName | undefined {
  return LOOKS[method]?.read;
}

/** What was requested against what WeChat says, and what follows. */
export interface Comparison {
  requested: string;
  found: string;
  suggestion: Conclusion | undefined;
}

/** @param request undefined: not known. @param answer of the RPC that `readOf` names; undefined if WeChat was not asked. */
export function compare(
  { method, startTime = '' }: Pick<Operation, 'method' | 'startTime'>,
  request: Json | undefined,
  answer: Json | undefined,
): Comparison {
  const look = LOOKS[method];
  const requested = request && look?.requested(request);
  const found = answer && look?.found(answer);
  const isDone =
    request && answer && (look?.isDone ? look.isDone(request, answer, startTime) : isSame(requested, found));
  const suggestion = isDone === undefined ? undefined : isDone ? 'DONE' : 'NOT_DONE';
  return { requested: textOf(requested), found: textOf(found), suggestion };
}

const textOf = (value: unknown): string => (value === undefined ? '' : String(value));
