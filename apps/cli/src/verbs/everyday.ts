import type { Rpc } from '../gateway/descriptors.js';
import type { Verb, Verbs } from './verb.js';

const APPID = '--appid wx0123456789abcdef';

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
    `${APPID} --version-desc 'new cart'`,
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
};
