import type { RouteObject } from 'react-router';

/** All pages by their addresses. Each is a file that exports `Component`, loaded when it is visited. */
export const PAGES: RouteObject[] = [
  { path: '/', lazy: () => import('./overview/overview-page.js') },
  { path: '/rollouts', lazy: () => import('./rollouts/list.js') },
  { path: '/rollouts/new', lazy: () => import('./rollouts/new.js') },
  // Addresses of former pages of a rollout lead to it.
  { path: '/rollouts/:id/*', lazy: () => import('./rollouts/rollout.js') },
  { path: '/rollouts/:id/targets', lazy: () => import('./rollouts/targets/list.js') },
  { path: '/rollouts/:id/targets/:appid', lazy: () => import('./rollouts/targets/target.js') },
  { path: '/versions', lazy: () => import('./versions/versions-page.js') },
  { path: '/mini-programs', lazy: () => import('./mini-programs/list/list-page.js') },
  { path: '/mini-programs/not-live', lazy: () => import('./mini-programs/waiting/not-live-page.js') },
  { path: '/mini-programs/sync', lazy: () => import('./mini-programs/waiting/sync-page.js') },
  { path: '/mini-programs/:appid', lazy: () => import('./mini-programs/one/mini-program-page.js') },
  { path: '/miniprograms/*', lazy: () => import('./mini-programs/former-address.js') },
  { path: '/settings', lazy: () => import('./settings/layers-page.js') },
  { path: '/settings/layer', lazy: () => import('./settings/layer-page.js') },
  { path: '/settings/domains', lazy: () => import('./settings/domains-page.js') },
  { path: '/audits', lazy: () => import('./audits/list.js') },
  { path: '/audits/:appid/:auditId', lazy: () => import('./audits/audit.js') },
  { path: '/doubts', lazy: () => import('./doubts/doubts.js') },
  { path: '/doubts/:id', lazy: () => import('./doubts/doubts.js') },
  { path: '/templates', lazy: () => import('./templates/templates-page.js') },
  { path: '/platform', lazy: () => import('./platform/platform-page.js') },
  { path: '/adoption', lazy: () => import('./adoption/adoption-page.js') },
  { path: '/operations', lazy: () => import('./operations/list.js') },
  { path: '/operations/:id', lazy: () => import('./operations/operation.js') },
  { path: '/lanes', lazy: () => import('./operations/lanes.js') },
  { path: '/trail', lazy: () => import('./trail/trail-page.js') },
  { path: '/users', lazy: () => import('./users/users-page.js') },
];
