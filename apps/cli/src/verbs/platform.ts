import { calls } from './calls.js';
import { type Verbs, verb } from './verb.js';

const FILTERS = {
  '--appid <APPID>': '',
  '--appid-file <FILE>': 'only those of these mini-programs, one appid per line',
  '--template <N>':
    "only those of this template: of their request, or of the mini-program's last Commit before them; needs DATABASE_URL",
  '--create-time-after <TIME>': '',
  '--create-time-before <TIME>': '',
} as const;
const METHOD = { '--method <METHOD>': '' } as const;
const STATE = { '--state <STATE>': '' } as const;
const OF_MANY = { '--dry-run': 'prints them only', '--yes': 'does not ask' } as const;
const CONFIRMED = 'Of many, the number has to be typed, or --yes given.';
const REASON = { '--reason <TEXT>': '' } as const;

/** Operations, authorizers and templates. */
export const PLATFORM_VERBS: Verbs = {
  ...calls(`
  ops get | Operations/GetOperation | shows an operation
    01890a5d-ac96-774b-bcce-b302099a8057
`),
  'ops list': verb(['gateway'], {
    summary: 'lists operations, newest first',
    options: { ...METHOD, ...FILTERS, ...STATE, '--oldest-first': '', '--limit <N>': '(default: 50)' },
    example: '--state IN_DOUBT',
    run: async (_, values) => (await import('../ops/ops.js')).listSelected(values),
  }),
  ...calls(`
  ops lanes | Operations/ListLanes | lists the mini-programs with unfinished changes, those that wait longest first
    --limit 20
`),
  'ops watch': verb(['gateway'], {
    summary: 'prints the unfinished operations, then every change of state, until it is interrupted',
    options: { '--appid <APPID>': '', ...METHOD, ...STATE },
    example: '--method SubmitAudit',
    run: async (_, values) => (await import('../ops/watch.js')).watch(values),
  }),
  'ops wait': verb(['gateway'], {
    summary: 'waits until an operation is final or needs an operator',
    args: '<ID>',
    options: { '--timeout <TIME>': '(default: 5m)' },
    details: 'Its exit code is that of the operation. If it is interrupted, the operation continues.',
    example: '01890a5d-ac96-774b-bcce-b302099a8057',
    run: async ([id = ''], values) => (await import('../ops/ops.js')).wait(id, values),
  }),
  'ops cancel': verb(['gateway'], {
    summary: 'cancels operations that were never sent to WeChat',
    args: '[ID]',
    usage: '(ID | --method METHOD --state QUEUED|RETRYING) [options]',
    required: REASON,
    options: { ...METHOD, ...STATE, ...FILTERS, ...OF_MANY },
    details: `One CancelOperation each, newest first; what was sent to WeChat meanwhile is too late. ${CONFIRMED}`,
    example: "--method Release --state QUEUED --reason 'template 128 is broken' --yes",
    run: async ([id], values) => (await import('../ops/decide.js')).cancelOperations(id, values),
  }),
  'ops resolve': verb(['gateway'], {
    summary: 'decides on operations in doubt',
    args: '[ID]',
    usage: '(ID | --method METHOD) [options]',
    required: { '--resolution <NAME>': 'DONE, NOT_DONE, RETRY', ...REASON },
    options: {
      ...METHOD,
      ...FILTERS,
      '--resolved-by <NAME>': '(default: user@host)',
      '--audit-id <NUMBER>': 'required with ID if a SubmitAudit is DONE',
      ...OF_MANY,
    },
    details: `One ResolveOperation each, newest first. ${CONFIRMED}`,
    example: "--method Release --resolution RETRY --reason 'checked at WeChat' --yes",
    run: async ([id], values) => (await import('../ops/decide.js')).resolveOperations(id, values),
  }),
  call: verb(['gateway'], {
    summary: 'calls an API of WeChat that has no command of its own, by its name in the policy file',
    args: '<NAME>',
    options: {
      '--appid <APPID>': 'of the mini-program; left out for an entry with token: component',
      '--query <NAME=VALUE...>': 'a parameter of the query string; can be repeated',
      '--body <JSON>': 'or @FILE',
      '--change': 'the entry has the effect set or once',
      '--request-id <TEXT>': '',
      '--wait': 'of a change: follows it to its end',
      '--timeout <TIME>': '(default: 1m)',
    },
    example: `penalties --appid wx0123456789abcdef --body '{}'`,
    run: async ([name = ''], values) => (await import('../listed-call.js')).listedCall(name, values),
  }),
  ...calls(`
  calls list | Platform/ListListedCalls | lists the calls that the policy file lists, with who may make them and who did
  fleet list | Fleet/ListMiniPrograms | lists mini-programs with their live version and readiness
    --not-live --not-ready FILING --acts OWNER
`),
  'fleet show': verb(['gateway'], {
    summary:
      'shows which version a mini-program runs and what its release lacks, with a sentence for each item',
    args: '<APPID>',
    example: 'wx0123456789abcdef',
    run: async ([appid = ''], values) =>
      (await import('../fleet/mini-program.js')).showMiniProgram(appid, values),
  }),
  'fleet refresh': verb(['gateway'], {
    summary: 'reads a mini-program from WeChat and shows it',
    args: '<APPID>',
    options: {
      '--parts <NAMES>': 'such as FILING,CATEGORY; (default: all that its readiness depends on)',
      '--timeout <TIME>': '(default: 1m)',
    },
    example: 'wx0123456789abcdef',
    run: async ([appid = ''], values) => (await import('../fleet/mini-program.js')).refresh(appid, values),
  }),
  ...calls(`
  fleet summary | Fleet/GetFleetSummary | counts mini-programs by live version, template and what they lack
`),
  'authorizers link': verb(['gateway'], {
    summary: 'makes a link with which a mini-program authorizes the platform, and draws it as a QR code',
    required: { '--redirect-uri <URL>': '' },
    options: {
      '--authorizer-appid <APPID>': '',
      '--auth-type <TYPE>': 'OFFICIAL_ACCOUNT, MINI_PROGRAM or ALL',
      '--label <TEXT...>': 'a label that the mini-program gets; can be repeated',
      '--request-id <TEXT>': '',
    },
    hidden: ['--appid <APPID>', '--timeout <TIME>'],
    details: 'The QR code is the link for phones.',
    example: '--redirect-uri https://platform.example/authorized --label 餐饮',
    run: async (_, values) => (await import('../authorizers/link.js')).link(values),
  }),
  'authorizers import': verb(['gateway'], {
    summary: 'imports mini-programs that authorized the platform before, by their refresh tokens',
    required: { '--file <FILE>': 'with one JSON object a line: {"appid": "wx…", "refresh_token": "…"}' },
    details: 'It can be repeated: an import that is done already does nothing. Delete FILE afterwards.',
    example: '--file authorizers.jsonl',
    run: async (_, values) => (await import('../authorizers/import.js')).importAll(values),
  }),
  'authorizers register': verb(['gateway'], {
    summary: 'makes mini-programs known that authorized the platform, where tokens come from elsewhere',
    args: '[APPID...]',
    usage: '(APPID... | --appid-file FILE) [options]',
    options: { '--appid-file <FILE>': 'one appid per line' },
    details: 'It can be repeated: those that are known stay as they are.',
    example: 'wx0123456789abcdef wxfedcba9876543210',
    run: async (appids, values) => (await import('../authorizers/register.js')).register(appids, values),
  }),
  'authorizers sync': verb(['gateway'], {
    summary: "compares the mini-programs with WeChat's list of those that authorized the platform",
    options: { '--status': 'shows the latest run and starts none' },
    details:
      'It adds those that are unknown, about 20 a second, and finds lost callbacks. If it is interrupted, the run continues.',
    example: '',
    run: async (_, values) => (await import('../authorizers/sync.js')).sync(values),
  }),
  ...calls(`
  authorizers list | Authorizers/ListAuthorizers | lists the mini-programs that authorized the platform
    --state NEEDS_AUTHORIZATION
  authorizers get | Authorizers/GetAuthorizer | shows the authorization of a mini-program
    wx0123456789abcdef
  authorizers label | Authorizers/SetAuthorizerLabels | replaces the labels of a mini-program; without --labels it removes them
    wx0123456789abcdef --labels 餐饮 --labels 活跃
  authorizers remove | Authorizers/RemoveAuthorizer | deletes a mini-program and its tokens here, not at WeChat
    wxfedcba9876543210
  audits list | Audits/ListAudits | lists the audits that this service submitted, those that were submitted first come first unless --newest-first is set
    --state PENDING --submitted-before 2027-01-07T09:00:00+08:00
  audits get | Audits/GetAudit | shows an audit as this service knows it, with the reason of its rejection
    --appid wx0123456789abcdef --audit-id 1234567890
  audits summary | Audits/GetAuditSummary | counts the audits of the last 30 days by day, template and reason
    --template-id 128
  settings put | Settings/PutSettingsLayer | replaces the settings of all mini-programs, of those with a label or of one
    --platform --settings '{"webview_domains": ["https://shop.example.com"]}' --expected-version 0
  settings show | Settings/GetSettingsLayer | shows a layer of settings
    --platform
  settings list | Settings/ListSettingsLayers | lists the layers of settings
  settings effective | Settings/GetEffectiveSettings | shows what a mini-program needs by all its layers
    wx0123456789abcdef
  settings versions | Settings/ListSettingsVersions | lists the versions of a layer, newest first
    --platform
  settings delete | Settings/DeleteSettingsLayer | deletes a layer; its versions stay
    --platform --expected-version 1 --reason 'the shops moved'
  platform status | Platform/GetPlatformStatus | shows ages of ticket and token, APIs, outboxes, audit quota, and what is in doubt or under audit
  platform stop | Platform/StopApis | stops an API, or all of a scope: without one, every change but those that undo others
    --until 2099-01-07T09:00:00+08:00 --reason 'template 128 is broken'
  platform lift | Platform/LiftApiStops | resumes an API now, or all that operators stopped
    --reason 'template 129 replaces it'
  events names | Platform/ListCallbackNames | lists which callbacks of WeChat this platform has received, with their numbers and times
  events forwards | Platform/GetForwards | shows the rules by which callbacks are forwarded, with their results of the last hour at one gateway
  trail list | Platform/ListTrail | lists the audit trail, the newest rows first; with --json by the columns of the table \`trail\`
    --action operation.resolved
  tokens readers | Platform/ListTokenReaders | lists the callers that have read access tokens, and the id of the last token of each
    --token-id 0a1b2c3d
  templates list | Templates/ListTemplates | lists the template library
    --template-type 0
  templates drafts | Templates/ListDrafts | lists the drafts that can become templates
  templates add | Templates/AddTemplate | makes a template of a draft
    --draft-id 1 --template-type 0 --wait
  templates delete | Templates/DeleteTemplate | deletes a template
    --template-id 1 --wait
`),
};
