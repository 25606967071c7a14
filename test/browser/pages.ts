import type { Usual } from './usual-data.js';

/** Ticks all rows of a table. */
const ALL_ROWS = '.ant-table-thead .ant-checkbox-input';
/** Sends the form of a dialog, which says what is missing. */
const SEND = '.ant-modal .ant-btn-primary';
const NOBODY = '00000000-0000-4000-8000-000000000000';

/** Every page of the application, filled, empty or with an error, by the name of its picture. */
export function pagesOf({ appids, done, held, draft, doubt, queued, audit }: Usual): Record<string, string> {
  const [rejected = '', , , released = ''] = appids;
  const rollout = `/rollouts/${held.id}`;
  return {
    overview: '/',
    rollouts: '/rollouts',
    'rollouts-none': '/rollouts?state=CANCELLED',
    'rollout-new': '/rollouts/new',
    'rollout-draft-content': `/rollouts/${draft.id}?step=content`,
    'rollout-draft-waves': `/rollouts/${draft.id}?step=waves`,
    'rollout-draft-plan': `/rollouts/${draft.id}?step=plan`,
    'rollout-held': rollout,
    'rollout-done': `/rollouts/${done.id}`,
    'rollout-unknown': `/rollouts/${NOBODY}`,
    'rollout-copied': `/rollouts/new?from=${done.id}`,
    targets: `/rollouts/${done.id}/targets`,
    target: `/rollouts/${done.id}/targets/${rejected}`,
    'target-unknown': `/rollouts/${NOBODY}/targets/${rejected}`,
    'targets-unknown': `/rollouts/${NOBODY}/targets`,
    versions: '/versions',
    'mini-programs': '/mini-programs',
    'mini-programs-none': '/mini-programs?label=none',
    'mini-programs-not-live': '/mini-programs/not-live',
    'mini-programs-sync': '/mini-programs/sync',
    'mini-program': `/mini-programs/${released}`,
    'mini-program-in-doubt': `/mini-programs/${doubt.appid}`,
    'mini-program-unknown': '/mini-programs/wx00000000000000ff',
    settings: '/settings',
    'settings-layer': '/settings/layer',
    'settings-layer-new': '/settings/layer?label=零售',
    'settings-domains': '/settings/domains',
    audits: '/audits',
    'audits-all': '/audits?state=ALL',
    'audits-rejected': '/audits?state=REJECTED',
    audit: `/audits/${rejected}/${audit}`,
    'audit-unknown': `/audits/${rejected}/1`,
    doubts: '/doubts',
    doubt: `/doubts/${doubt.id}`,
    templates: '/templates',
    platform: '/platform',
    adoption: '/adoption',
    operations: '/operations',
    'operations-none': '/operations?appid=wx00000000000000ff',
    'operations-sought': '/operations?version=3.2.0',
    operation: `/operations/${doubt.id}`,
    'operation-queued': `/operations/${queued.id}`,
    'operation-unknown': `/operations/${NOBODY}`,
    lanes: '/lanes',
    trail: '/trail',
    users: '/users',
    nowhere: '/nowhere',
  };
}

/** Dialogs, drawers and menus: where, and what opens them, one after the other: keys of the texts of buttons, or selectors. */
export function dialogsOf({
  appids,
  approved,
  audit,
  done,
  held,
  draft,
  queued,
}: Usual): Record<string, [path: string, ...presses: string[]]> {
  const [rejected = '', , inAudit, released] = appids;
  const miniProgram = `/mini-programs/${released}`;
  return {
    'dialog-search': ['/', 'search'],
    'drawer-navigation': ['/', 'nav.open'],
    'menu-user': ['/', 'user'],
    'dialog-stop': ['/', 'stop', SEND],
    'dialog-invite': ['/mini-programs', 'miniPrograms.invite'],
    'dialog-open-gate': [`/rollouts/${held.id}`, 'rollouts.openGate'],
    'drawer-journal': [`/rollouts/${done.id}`, 'rollouts.wholeJournal'],
    'menu-rollout': [`/rollouts/${done.id}`, 'rollouts.moreActions'],
    'dialog-roll-back': [`/rollouts/${done.id}`, 'rollouts.rollBack'],
    'dialog-skip': [`/rollouts/${held.id}/targets?state=PENDING`, 'rollouts.skipFiltered'],
    'dialog-retry': [`/rollouts/${done.id}/targets/${rejected}`, 'rollouts.retry'],
    'dialog-cancel': [`/rollouts/${held.id}`, 'rollouts.moreActions', 'rollouts.cancel'],
    'dialog-discard': [`/rollouts/${draft.id}`, 'rollouts.discard'],
    'rollout-new-invalid': ['/rollouts/new', 'draft.next'],
    'dialog-labels': ['/mini-programs', ALL_ROWS, 'miniPrograms.editLabels'],
    'dialog-revert-chosen': ['/mini-programs', ALL_ROWS, 'miniPrograms.revert'],
    'dialog-release': [`/mini-programs/${approved}`, 'miniPrograms.release'],
    'dialog-gray-release': [`/mini-programs/${approved}`, 'miniPrograms.grayRelease'],
    'dialog-speed-up': [`/mini-programs/${inAudit}`, 'miniPrograms.speedUp'],
    'dialog-undo-audit': [`/mini-programs/${inAudit}`, 'miniPrograms.undoAudit'],
    'dialog-revert': [miniProgram, 'miniPrograms.revert'],
    'dialog-visit-status': [miniProgram, 'miniPrograms.visitStatus'],
    'dialog-support-version': [miniProgram, 'miniPrograms.supportVersion'],
    'dialog-submit-audit': [miniProgram, 'miniPrograms.submitAudit', SEND],
    'dialog-commit': [miniProgram, 'miniPrograms.commit', SEND],
    'form-labels': [miniProgram, 'miniPrograms.editLabels'],
    'dialog-add-settings': ['/settings', 'settings.add'],
    'dialog-delete-settings': ['/settings/layer', 'miniPrograms.delete'],
    'drawer-versions': ['/settings/layer', 'settings.versions'],
    'dialog-resolve': ['/doubts', 'doubts.decide', SEND],
    'dialog-withdraw': ['/audits', 'miniPrograms.undoAudit'],
    'dialog-resubmit': [`/audits/${rejected}/${audit}`, '.ant-btn-primary'],
    'dialog-lift': ['/platform', 'platform.lift'],
    'dialog-renew-token': ['/adoption', 'adoption.renew', SEND],
    'dialog-cancel-operation': [`/operations/${queued.id}`, 'operations.cancel'],
    'dialog-delete-template': ['/templates', 'templates.delete'],
  };
}
