import { calling } from './everyday.js';
import type { Verbs } from './verb.js';

const OPS = { settings: ['gateway'], load: () => import('../ops/ops.js') } as const;
const OTHER_FILTERS =
  '[--appid APPID] [--appid-file FILE] [--template N] [--create-time-after TIME] [--create-time-before TIME]';
const FILTERS = `[--method METHOD] ${OTHER_FILTERS}`;
const FILTER_DETAILS = `--template N       only those of this template: of their request, or of the
                   mini-program's last Commit before them; needs DATABASE_URL
--appid-file FILE  only those of these mini-programs, one appid per line`;
const CONFIRMED = 'Of many, the number has to be typed, or --yes given; --dry-run prints them only.';

/** Operations, authorizers and templates. */
export const PLATFORM: Verbs = {
  'ops get': calling(
    'Operations/GetOperation',
    'shows an operation',
    '01890a5d-ac96-774b-bcce-b302099a8057',
    'id',
  ),
  'ops list': {
    ...OPS,
    summary: 'lists operations, newest first',
    usage: `${FILTERS} [--state STATE] [--oldest-first] [--limit N] [--json]`,
    details: FILTER_DETAILS,
    example: '--state IN_DOUBT',
  },
  'ops lanes': calling(
    'Operations/ListLanes',
    'lists the mini-programs with unfinished changes, those that wait longest first',
    '--limit 20',
  ),
  'ops watch': {
    ...OPS,
    summary: 'prints the unfinished operations, then every change of state, until it is interrupted',
    usage: '[--appid APPID] [--method METHOD] [--state STATE] [--json]',
    example: '--method SubmitAudit',
  },
  'ops wait': {
    ...OPS,
    summary: 'waits until an operation is final or needs an operator',
    usage: 'ID [--timeout 5m] [--json]',
    details: 'Its exit code is that of the operation. If it is interrupted, the operation continues.',
    example: '01890a5d-ac96-774b-bcce-b302099a8057',
  },
  'ops cancel': {
    ...OPS,
    summary: 'cancels operations that were never sent to WeChat',
    usage: `ID --reason TEXT [--json] | --method METHOD --state QUEUED|RETRYING ${OTHER_FILTERS} --reason TEXT [--dry-run] [--yes] [--json]`,
    details: `One CancelOperation each, newest first; what was sent to WeChat meanwhile is too late.\n${CONFIRMED}\n${FILTER_DETAILS}`,
    example: "--method Release --state QUEUED --reason 'template 128 is broken' --yes",
  },
  'ops resolve': {
    ...OPS,
    summary: 'decides on operations in doubt',
    usage: `ID --resolution DONE|NOT_DONE|RETRY --reason TEXT [--resolved-by NAME] [--audit-id NUMBER] [--json] | --method METHOD ${OTHER_FILTERS} --resolution DONE|NOT_DONE|RETRY --reason TEXT [--resolved-by NAME] [--dry-run] [--yes] [--json]`,
    details: `One ResolveOperation each, newest first. --resolved-by is user@host if it is not given.
--audit-id is required if a SubmitAudit is DONE.\n${CONFIRMED}\n${FILTER_DETAILS}`,
    example: "--method Release --resolution RETRY --reason 'checked at WeChat' --yes",
  },
  'authorizers link': {
    summary: 'makes a link with which a mini-program authorizes the platform, and draws it as a QR code',
    usage: '--redirect-uri URL [--authorizer-appid APPID] [--auth-type TYPE] [--request-id TEXT] [--json]',
    details: 'TYPE: OFFICIAL_ACCOUNT, MINI_PROGRAM or ALL. The QR code is the link for phones.',
    example: '--redirect-uri https://platform.example/authorized',
    settings: ['gateway'],
    load: () => import('../authorizers/link.js'),
  },
  'authorizers import': {
    summary: 'imports mini-programs that authorized the platform before, by their refresh tokens',
    usage: '--file FILE [--json]',
    details: `FILE has one JSON object a line: {"appid": "wx…", "refresh_token": "…"}.
It can be repeated: an import that is done already does nothing. Delete FILE afterwards.`,
    example: '--file authorizers.jsonl',
    settings: ['gateway'],
    load: () => import('../authorizers/import.js'),
  },
  'authorizers list': calling(
    'Authorizers/ListAuthorizers',
    'lists the mini-programs that authorized the platform',
    '--state NEEDS_AUTHORIZATION',
  ),
  'authorizers get': calling(
    'Authorizers/GetAuthorizer',
    'shows the authorization of a mini-program',
    'wx0123456789abcdef',
    'appid',
  ),
  'authorizers label': calling(
    'Authorizers/SetAuthorizerLabels',
    'replaces the labels of a mini-program; without --labels it removes them',
    'wx0123456789abcdef --labels 餐饮 --labels 活跃',
    'appid',
  ),
  'authorizers remove': calling(
    'Authorizers/RemoveAuthorizer',
    'deletes a mini-program and its tokens here, not at WeChat',
    'wxfedcba9876543210',
    'appid',
  ),
  'audits list': calling(
    'Audits/ListAudits',
    'lists the audits that this service submitted, those that were submitted first come first',
    '--state PENDING --submitted-before 2027-01-07T09:00:00+08:00',
  ),
  'audits get': calling(
    'Audits/GetAudit',
    'shows an audit as this service knows it, with the reason of its rejection',
    '--appid wx0123456789abcdef --audit-id 1234567890',
  ),
  'platform status': calling(
    'Platform/GetPlatformStatus',
    'shows ages of ticket and token, APIs, outboxes, audit quota, and what is in doubt or under audit',
    '',
  ),
  'platform lift': calling(
    'Platform/LiftApiStop',
    'resumes an API now, whether an operator or an exhausted quota stopped it',
    "wxa/release --reason 'template 129 replaces it'",
    'api',
  ),
  'trail list': {
    summary: 'lists the audit trail, the newest rows first',
    usage: '[--since TIME] [--action ACTION] [--caller NAME] [--appid APPID] [--limit N] [--json]',
    details: 'With --json a row has the names of the columns of the table `trail`.',
    example: '--action operation.resolved',
    settings: ['gateway'],
    load: () => import('../trail.js'),
  },
  'templates list': calling('Templates/ListTemplates', 'lists the template library', '--template-type 0'),
  'templates drafts': calling('Templates/ListDrafts', 'lists the drafts that can become templates', ''),
  'templates add': calling(
    'Templates/AddTemplate',
    'makes a template of a draft',
    '--draft-id 1 --template-type 0 --wait',
  ),
  'templates delete': calling('Templates/DeleteTemplate', 'deletes a template', '--template-id 1 --wait'),
};
