import { calling } from './everyday.js';
import type { Verbs } from './verb.js';

/** Operations, authorizers and templates. */
export const PLATFORM: Verbs = {
  'ops get': calling(
    'Operations/GetOperation',
    'shows an operation',
    '01890a5d-ac96-774b-bcce-b302099a8057',
    'id',
  ),
  'ops list': calling('Operations/ListOperations', 'lists operations, newest first', '--state IN_DOUBT'),
  'ops cancel': {
    summary: 'cancels waiting operations',
    usage: `--method METHOD --state QUEUED|RETRYING [--template N] [--appid-file FILE] --reason TEXT [--dry-run]`,
    details: `One CancelOperation each, newest first; what was sent to WeChat meanwhile is not cancelled.
--template N       only those of this template: of their request, or of the mini-program's
                   last Commit before them; needs DATABASE_URL
--appid-file FILE  only those of these mini-programs, one appid per line
--dry-run          prints them and cancels nothing`,
    example: "--method Release --state QUEUED --reason 'template 128 is broken'",
    settings: ['gateway', 'Postgres'],
    load: () => import('../ops/ops.js'),
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
  'authorizers remove': calling(
    'Authorizers/RemoveAuthorizer',
    'deletes a mini-program and its tokens here, not at WeChat',
    'wx0123456789abcdef',
    'appid',
  ),
  'templates list': calling('Templates/ListTemplates', 'lists the template library', '--template-type 0'),
  'templates drafts': calling('Templates/ListDrafts', 'lists the drafts that can become templates', ''),
  'templates add': calling(
    'Templates/AddTemplate',
    'makes a template of a draft',
    '--draft-id 1 --template-type 0 --wait',
  ),
  'templates delete': calling('Templates/DeleteTemplate', 'deletes a template', '--template-id 1 --wait'),
};
