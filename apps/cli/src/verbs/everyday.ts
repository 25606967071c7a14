import { calls } from './calls.js';
import { type Verbs, verb } from './verb.js';

const APPID = '--appid wx0123456789abcdef';
const ITEMS =
  '[{"address": "index", "title": "首页", "tag": "学习", "first_class": "工具", "first_id": 1, "second_class": "备忘录", "second_id": 2}]';

/** The everyday calls for one mini-program. */
export const EVERYDAY_VERBS: Verbs = {
  ...calls(`
  commit | CodeManagement/Commit | uploads the code of a template as the trial version
    ${APPID} --template-id 1 --user-version 1.0.0 --user-desc 'first release'
  submit | CodeManagement/SubmitAudit | submits the trial version for audit
    ${APPID} --items '${ITEMS}'
  undo-audit | CodeManagement/UndoAudit | withdraws the open audit
    ${APPID}
  release | CodeManagement/Release | releases the approved version
    ${APPID} --expected-user-version 1.0.0
  revert | CodeManagement/RevertRelease | goes back to an earlier released version
    ${APPID}
  gray | CodeManagement/GrayRelease | releases the approved version to a share of the users
    ${APPID} --percentage 10
  gray plan | CodeManagement/GetGrayReleasePlan | shows the progress of a gray release
    ${APPID}
  gray revert | CodeManagement/RevertGrayRelease | ends a gray release
    ${APPID}
  visit | CodeManagement/ChangeVisitStatus | opens or closes the released version to users
    ${APPID} --status CLOSED
`),
  status: verb(['gateway'], {
    summary: 'shows versions, audit, visit status, gray release and latest operations',
    required: { '--appid <APPID>': '' },
    options: { '--timeout <TIME>': '(default: 1m)' },
    example: APPID,
    run: async (_, values) => (await import('../calls/status.js')).status(values),
  }),
  'trial-qr': verb(['gateway'], {
    summary: 'draws the QR code of the trial version',
    required: { '--appid <APPID>': '' },
    options: {
      '--path <TEXT>': 'of a page',
      '--output <FILE>': 'saves the image, as without it if the image has no QR code, and prints its path',
      '--timeout <TIME>': '(default: 1m)',
    },
    hidden: ['--request-id <TEXT>'],
    example: APPID,
    run: async (_, values) => (await import('../calls/pictures.js')).trialQr(values),
  }),
  screenshot: verb(['gateway'], {
    summary: 'saves a screenshot of a rejected audit and prints its path',
    required: { '--appid <APPID>': '', '--media-id <TEXT>': 'from the screenshots of an audit' },
    options: { '--output <FILE>': '', '--timeout <TIME>': '(default: 1m)' },
    hidden: ['--request-id <TEXT>'],
    example: `${APPID} --media-id MEDIA_ID`,
    run: async (_, values) => (await import('../calls/pictures.js')).screenshot(values),
  }),
  upload: verb(['gateway'], {
    summary: "uploads a picture or video for WeChat's auditors and prints its media id",
    required: {
      '--appid <APPID>': '',
      '--file <FILE>': 'PNG, JPEG, GIF (2 MiB) or MP4 (10 MiB), by its ending or by --content-type',
    },
    options: {
      '--file-name <TEXT>': '',
      '--content-type <TYPE>': '',
      '--request-id <TEXT>': '',
      '--timeout <TIME>': '(default: 4m)',
    },
    example: `${APPID} --file screen.png`,
    run: async (_, values) => (await import('../calls/upload.js')).uploadFile(values),
  }),
};
