import type { MethodName } from '../api/types.js';

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
  /** Whether it was executed; undefined if that is not certain. */
  isDone?(requested: unknown, found: unknown): boolean | undefined;
}

const isSame = (requested: unknown, found: unknown) =>
  requested === undefined || requested === '' ? undefined : requested === found;
const auditState = (answer: Json) => String(at(answer, 'audit', 'state') ?? '');

const LOOKS: Readonly<Record<string, Look>> = {
  Commit: {
    read: 'CodeManagement/GetVersionInfo',
    requested: ({ userVersion }) => userVersion,
    found: (answer) => at(answer, 'trial', 'version'),
  },
  Release: {
    read: 'CodeManagement/GetVersionInfo',
    requested: ({ expectedUserVersion }) => expectedUserVersion,
    found: (answer) => at(answer, 'release', 'version'),
  },
  RevertRelease: {
    read: 'CodeManagement/GetVersionInfo',
    // The version that was to be taken back.
    requested: ({ expectedUserVersion }) => expectedUserVersion,
    found: (answer) => at(answer, 'release', 'version'),
    isDone: (requested, found) => {
      const stays = isSame(requested, found);
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
    found: (answer) => at(answer, 'plan', 'percentage'),
  },
  RevertGrayRelease: {
    read: 'CodeManagement/GetGrayReleasePlan',
    requested: () => 'GRAY_RELEASE_STATUS_DELETED',
    found: (answer) => at(answer, 'plan', 'status') ?? 'GRAY_RELEASE_STATUS_DELETED',
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

/** @param answer of the RPC that `readOf` names; undefined if WeChat was not asked. */
export function compare(method: string, request: Json, answer: Json | undefined): Comparison {
  const look = LOOKS[method];
  const requested = look?.requested(request);
  const found = answer === undefined ? undefined : look?.found(answer);
  const isDone = answer === undefined ? undefined : (look?.isDone ?? isSame)(requested, found);
  const suggestion = isDone === undefined ? undefined : isDone ? 'DONE' : 'NOT_DONE';
  return { requested: textOf(requested), found: textOf(found), suggestion };
}

const textOf = (value: unknown): string => (value === undefined ? '' : String(value));
