import { AuditItem, type Operation, VisitStatus } from '@wxa/contracts';
import type { GatewayCalls } from '../../gateway/gateway.js';
import type { TextKey } from '../../text/text.js';
import { idOf, wholeOf } from '../../ui/form.js';

/** The name of the button that shows the form with one more item, without acting. */
export const MORE = 'more';

/** The fields of a form, and of the link that leads to it. */
export type Input = Readonly<Record<string, string>>;

type Code = GatewayCalls['codeManagement'];
type Ids = { appid: string; requestId: string | undefined };

/** A change of one mini-program. */
export interface Action {
  title: TextKey;
  /** What it will do. It may name `appid` and the fields of the form. */
  effect: TextKey;
  accept(code: Code, ids: Ids, input: Input): Promise<Operation>;
}

/** By the last part of the path of its page. */
export const ACTIONS: Readonly<Record<string, Action>> = {
  release: {
    title: 'release',
    effect: 'releaseEffect',
    accept: (code, ids, input) => code.release({ ...ids, ...approved(input) }),
  },
  'gray-release': {
    title: 'grayRelease',
    effect: 'grayReleaseEffect',
    accept: (code, ids, input) =>
      code.grayRelease({
        ...ids,
        ...approved(input),
        percentage: wholeOf(input.percentage),
        supportDebuggerFirst: input.debuggers === 'true',
        supportExperiencerFirst: input.experiencers === 'true',
      }),
  },
  'revert-gray-release': {
    title: 'revertGrayRelease',
    effect: 'revertGrayReleaseEffect',
    accept: (code, ids) => code.revertGrayRelease(ids),
  },
  revert: {
    title: 'revert',
    effect: 'revertEffect',
    accept: (code, ids, { app_version: appVersion, version: expectedUserVersion }) =>
      code.revertRelease({ ...ids, appVersion, expectedUserVersion }),
  },
  'speed-up': {
    title: 'speedUp',
    effect: 'speedUpEffect',
    accept: (code, ids, { audit }) => code.speedUpAudit({ ...ids, auditId: idOf(audit) }),
  },
  'undo-audit': {
    title: 'undoAudit',
    effect: 'undoAuditEffect',
    accept: (code, ids, { audit }) => code.undoAudit({ ...ids, expectedAuditId: idOf(audit) }),
  },
  'submit-audit': {
    title: 'submitAudit',
    effect: 'submitAuditEffect',
    accept: (code, ids, input) =>
      code.submitAudit({
        ...ids,
        items: itemsOf(input).map((i) => auditItem(input, i)),
        versionDesc: input.version_desc,
        feedbackInfo: input.feedback_info,
        feedbackMediaIds: wordsOf(input.feedback_media_ids),
        ...((input.picture_ids || input.video_ids) && {
          preview: { pictureIds: wordsOf(input.picture_ids), videoIds: wordsOf(input.video_ids) },
        }),
        orderPath: input.order_path,
        privacyApiNotUsed: input.privacy_api_not_used === 'true',
        waitForPrivacyCheck: true,
        expectedUserVersion: input.version,
      }),
  },
  commit: {
    title: 'commit',
    effect: 'commitEffect',
    accept: (code, ids, input) =>
      code.commit({
        ...ids,
        templateId: idOf(input.template_id),
        userVersion: input.user_version,
        userDesc: input.user_desc,
        ...(input.ext_json?.trim() && { extConfig: { $case: 'extJson', value: input.ext_json } }),
      }),
  },
  visibility: {
    title: 'visibility',
    effect: 'visibilityEffect',
    accept: (code, ids, { status }) =>
      code.changeVisitStatus({
        ...ids,
        status: status === 'OPEN' ? VisitStatus.VISIT_STATUS_OPEN : VisitStatus.VISIT_STATUS_CLOSED,
      }),
  },
  'support-version': {
    title: 'supportVersion',
    effect: 'supportVersionEffect',
    accept: (code, ids, { base_version: version }) => code.setSupportVersion({ ...ids, version }),
  },
};

/** Nothing happens unless this version of this audit is still approved. */
function approved({ audit, version }: Input) {
  return { expectedAuditId: idOf(audit), expectedUserVersion: version };
}

const MAX_ITEMS = 5;

/** The items of the form that submits an audit: those with input, and one more if the button for it was used. */
export function itemsOf(input: Input): number[] {
  const used = Object.keys(input).map((name) => Number(/^items\[(\d)\]/.exec(name)?.[1] ?? 0) + 1);
  const length = Math.min(MAX_ITEMS, Math.max(1, ...used) + (MORE in input ? 1 : 0));
  return Array.from({ length }, (_, i) => i);
}

/** The input without the items that are left out; the others are numbered as those of the request. */
export function withoutLeftOut(input: Input): Input {
  const used = itemsOf(input).filter((i) => i === 0 || input[`items[${i}].address`]);
  const entries = Object.entries(input).flatMap(([name, value]) => {
    const [, i, field] = /^items\[(\d)\](.*)$/.exec(name) ?? [];
    if (i === undefined) return [[name, value]];
    const number = used.indexOf(Number(i));
    return number < 0 ? [] : [[`items[${number}]${field}`, value]];
  });
  return Object.fromEntries(entries);
}

/** The category is one of WeChat's list, as JSON. */
function auditItem(input: Input, i: number): AuditItem {
  const [address, tag, title, category = ''] = ['address', 'tag', 'title', 'category'].map(
    (field) => input[`items[${i}].${field}`],
  );
  try {
    return AuditItem.fromPartial({ ...AuditItem.fromJSON(JSON.parse(category)), address, tag, title });
  } catch {
    return AuditItem.fromPartial({ address, tag, title });
  }
}

const wordsOf = (text = ''): string[] => text.split(/\s+/).filter((word) => word !== '');
