import type { Usual } from './usual-data.js';

/** Every page of the console, with usual data, by the name of its picture. */
export const PATHS: Record<string, (data: Usual) => string> = {
  login: () => '/login',
  rollouts: () => '/rollouts',
  'no rollouts': () => '/rollouts?state=CANCELLED',
  'new rollout': () => '/rollouts/new',
  ...Object.fromEntries(
    ['/targets', '/content', '/waves', '', '/discard'].map((step) => [
      `draft${step.replace('/', ' ')}`,
      ({ draft }: Usual) => `/rollouts/${draft.id}/draft${step}`,
    ]),
  ),
  'retry all': ({ done }) => `/rollouts/${done.id}/retry`,
  rollout: ({ held }) => `/rollouts/${held.id}`,
  'completed rollout': ({ done }) => `/rollouts/${done.id}`,
  journal: ({ held }) => `/rollouts/${held.id}/changes`,
  'resume rollout': ({ held }) => `/rollouts/${held.id}/resume`,
  'open gate': ({ held }) => `/rollouts/${held.id}/advance?wave=2&gate=SUBMIT`,
  'cancel rollout': ({ held }) => `/rollouts/${held.id}/cancel`,
  'roll back': ({ done }) => `/rollouts/${done.id}/rollback`,
  targets: ({ done }) => `/rollouts/${done.id}/targets`,
  'failed targets': ({ done }) => `/rollouts/${done.id}/targets?state=FAILED`,
  'retry targets': ({ done }) => `/rollouts/${done.id}/targets/retry?state=FAILED`,
  'skip targets': ({ held }) => `/rollouts/${held.id}/targets/skip?wave=2`,
  target: ({ done, appids }) => `/rollouts/${done.id}/targets/${appids[0]}`,
  operations: () => '/operations',
  'no operations': () => '/operations?appid=wx0000000000000000',
  operation: ({ doubt }) => `/operations/${doubt.id}`,
  'cancel operation': ({ queued }) => `/operations/${queued.id}/cancel`,
  doubts: () => '/doubts',
  doubt: ({ doubt }) => `/doubts/${doubt.id}`,
  resolve: ({ doubt }) => `/doubts/${doubt.id}/resolve?resolution=DONE&reason=seen`,
  audits: () => '/audits',
  lanes: () => '/lanes',
  overview: () => '/',
  'mini-programs': () => '/miniprograms',
  'mini-program': ({ appids }) => `/miniprograms/${appids[5]}`,
  'unclear mini-program': ({ doubt }) => `/miniprograms/${doubt.appid}`,
  labels: ({ appids }) => `/miniprograms/${appids[5]}/labels`,
  'trial code': ({ appids }) => `/miniprograms/${appids[5]}/trial-qr-code`,
  ...Object.fromEntries(
    [
      'commit',
      'submit-audit',
      'speed-up',
      'undo-audit',
      'release',
      'gray-release',
      'revert',
      'visibility',
    ].map((action) => [`${action} of one`, ({ appids }: Usual) => `/miniprograms/${appids[5]}/${action}`]),
  ),
  templates: () => '/templates',
  'delete template': () => '/templates/delete?template=1',
  platform: () => '/platform',
  'lift a stop': () => '/platform/lift?api=wxa/submit_audit',
};

/** Routes of a controller that are no pages of their own. */
export const NO_PAGES = [/\/live$/, /^login\/oidc\//];
