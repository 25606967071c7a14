import type { Usual } from './usual-data.js';

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
    targets: `/rollouts/${done.id}/targets`,
    target: `/rollouts/${done.id}/targets/${rejected}`,
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
    'settings-domains': '/settings/domains',
    audits: '/audits',
    'audits-all': '/audits?state=ALL',
    'audits-rejected': '/audits?state=REJECTED',
    audit: `/audits/${rejected}/${audit}`,
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

/** Dialogs and menus: where, and the keys of the texts of the buttons that open them, one after the other. */
export function dialogsOf({
  appids,
  done,
  held,
  draft,
}: Usual): Record<string, [path: string, ...keys: string[]]> {
  const miniProgram = `/mini-programs/${appids[3]}`;
  return {
    'dialog-stop': ['/', 'stop'],
    'dialog-invite': ['/mini-programs', 'miniPrograms.invite'],
    'dialog-open-gate': [`/rollouts/${held.id}`, 'rollouts.openGate'],
    'menu-rollout': [`/rollouts/${done.id}`, 'rollouts.moreActions'],
    'dialog-roll-back': [`/rollouts/${done.id}`, 'rollouts.rollBack'],
    'dialog-cancel': [`/rollouts/${held.id}`, 'rollouts.moreActions', 'rollouts.cancel'],
    'dialog-discard': [`/rollouts/${draft.id}`, 'rollouts.discard'],
    'dialog-revert': [miniProgram, 'miniPrograms.revert'],
    'dialog-visit-status': [miniProgram, 'miniPrograms.visitStatus'],
    'dialog-support-version': [miniProgram, 'miniPrograms.supportVersion'],
    'dialog-submit-audit': [miniProgram, 'miniPrograms.submitAudit'],
    'dialog-commit': [miniProgram, 'miniPrograms.commit'],
    'dialog-resolve': ['/doubts', 'doubts.decide'],
    'dialog-withdraw': ['/audits', 'audits.withdraw'],
    'dialog-lift': ['/platform', 'platform.lift'],
    'dialog-renew-token': ['/adoption', 'adoption.renew'],
    'dialog-delete-template': ['/templates', 'templates.delete'],
  };
}
