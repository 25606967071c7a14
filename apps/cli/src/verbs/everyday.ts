import type { Rpc } from '../gateway/descriptors.js';
import type { Verb, Verbs } from './verb.js';

const APPID = '--appid wx0123456789abcdef';
const ITEMS =
  '[{"address": "index", "title": "首页", "tag": "学习", "first_class": "工具", "first_id": 1, "second_class": "备忘录", "second_id": 2}]';

/** A verb that is one call of the gateway. */
export function calling(rpc: Rpc, summary: string, example: string, argument?: string): Verb {
  const call = argument === undefined ? { rpc } : { rpc, argument };
  return { summary, example, settings: ['gateway'], call };
}

/** The everyday calls for one mini-program. */
export const EVERYDAY: Verbs = {
  commit: calling(
    'CodeManagement/Commit',
    'uploads the code of a template as the trial version',
    `${APPID} --template-id 1 --user-version 1.0.0 --user-desc 'first release'`,
  ),
  submit: calling(
    'CodeManagement/SubmitAudit',
    'submits the trial version for audit',
    `${APPID} --items '${ITEMS}'`,
  ),
  'undo-audit': calling('CodeManagement/UndoAudit', 'withdraws the open audit', APPID),
  release: calling(
    'CodeManagement/Release',
    'releases the approved version',
    `${APPID} --expected-user-version 1.0.0`,
  ),
  revert: calling('CodeManagement/RevertRelease', 'goes back to an earlier released version', APPID),
  gray: calling(
    'CodeManagement/GrayRelease',
    'releases the approved version to a share of the users',
    `${APPID} --percentage 10`,
  ),
  'gray plan': calling('CodeManagement/GetGrayReleasePlan', 'shows the progress of a gray release', APPID),
  'gray revert': calling('CodeManagement/RevertGrayRelease', 'ends a gray release', APPID),
  visit: calling(
    'CodeManagement/ChangeVisitStatus',
    'opens or closes the released version to users',
    `${APPID} --status CLOSED`,
  ),
  status: {
    summary: 'shows versions, audit, visit status, gray release and latest operations',
    usage: '--appid APPID [--timeout 1m] [--json]',
    example: APPID,
    settings: ['gateway'],
    load: () => import('../calls/status.js'),
  },
  'trial-qr': {
    summary: 'draws the QR code of the trial version',
    usage: '--appid APPID [--path TEXT] [--output FILE] [--timeout 1m] [--json]',
    details: 'With --output, or if the image has no QR code, it is saved and its path is printed.',
    example: APPID,
    settings: ['gateway'],
    load: () => import('../calls/trial-qr.js'),
  },
  upload: {
    summary: "uploads a picture or video for WeChat's auditors and prints its media id",
    usage:
      '--appid APPID --file FILE [--file-name TEXT] [--content-type TYPE] [--request-id TEXT] [--timeout 4m] [--json]',
    details: 'PNG, JPEG, GIF (2 MiB) or MP4 (10 MiB), by the ending of FILE or by --content-type.',
    example: `${APPID} --file screen.png`,
    settings: ['gateway'],
    load: () => import('../calls/upload.js'),
  },
};
