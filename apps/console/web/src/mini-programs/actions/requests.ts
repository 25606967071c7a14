import type { MethodName, Request } from '../../api/types.js';
import type { MiniProgram } from '../types.js';
import type { Action } from './possible.js';

/** What the person saw: nothing else is changed. */
export type Seen = Pick<MiniProgram, 'appid' | 'live' | 'audit' | 'trial'>;

type Submission = Request<'CodeManagement/SubmitAudit'>;

/** What the form of an action asks for: fields of its request. The category of an item is one of WeChat's, as JSON. */
export interface Input extends Pick<Submission, 'appid' | 'requestId' | 'preview'> {
  reason?: string;
  extJson?: string;
  items?: { category?: string; address?: string; title?: string; tag?: string }[];
  [field: string]: unknown;
}

export interface Call {
  method: MethodName;
  /** WeChat's API, which may be stopped. */
  api: string;
  /** Cannot be undone by another action. */
  isDangerous?: boolean;
  /** What of the request follows from what the person saw. */
  seen?: (seen: Seen) => object;
  /** The input as the request has it. */
  sent?: (input: Input) => object;
}

/** Nothing happens unless this version of this audit is still the approved one. */
const approved = ({ audit }: Seen) => ({
  expectedAuditId: audit?.auditId,
  expectedUserVersion: audit?.userVersion,
});

/** The call of each action. */
export const CALLS = {
  release: { method: 'CodeManagement/Release', api: 'wxa/release', seen: approved },
  grayRelease: { method: 'CodeManagement/GrayRelease', api: 'wxa/grayrelease', seen: approved },
  revertGrayRelease: { method: 'CodeManagement/RevertGrayRelease', api: 'wxa/revertgrayrelease' },
  revert: {
    method: 'CodeManagement/RevertRelease',
    api: 'wxa/revertcoderelease',
    isDangerous: true,
    seen: ({ live }: Seen) => ({ expectedUserVersion: live?.userVersion }),
  },
  speedUp: {
    method: 'CodeManagement/SpeedUpAudit',
    api: 'wxa/speedupaudit',
    seen: ({ audit }: Seen) => ({ auditId: audit?.auditId ?? '0' }),
  },
  undoAudit: {
    method: 'CodeManagement/UndoAudit',
    api: 'wxa/undocodeaudit',
    isDangerous: true,
    seen: ({ audit }: Seen) => ({ expectedAuditId: audit?.auditId }),
  },
  visitStatus: { method: 'CodeManagement/ChangeVisitStatus', api: 'wxa/change_visitstatus' },
  supportVersion: {
    method: 'CodeManagement/SetSupportVersion',
    api: 'cgi-bin/wxopen/setweappsupportversion',
  },
  commit: {
    method: 'CodeManagement/Commit',
    api: 'wxa/commit',
    sent: ({ extJson, ...input }: Input) => ({ ...input, ...(extJson?.trim() && { extJson }) }),
  },
  submitAudit: {
    method: 'CodeManagement/SubmitAudit',
    api: 'wxa/submit_audit',
    seen: ({ trial }: Seen) => ({ expectedUserVersion: trial?.userVersion ?? '' }),
    sent: submission,
  },
} as const satisfies Record<Action, Call>;

/** The request of an action on a mini-program. */
export function requestOf(action: Action, seen: Seen, input: Input): object {
  const call: Call = CALLS[action];
  return { appid: seen.appid, ...(call.sent?.(input) ?? input), ...call.seen?.(seen) };
}

/** Waits for the privacy check, which would otherwise refuse the submission. */
function submission({ items = [], preview, ...input }: Input): Submission {
  const hasMedia = Object.values(preview ?? {}).some((ids) => ids && ids.length > 0);
  return {
    ...input,
    ...(hasMedia && { preview }),
    items: items.map(({ category = '{}', ...item }) => ({ ...JSON.parse(category), ...item })),
    waitForPrivacyCheck: true,
  };
}
