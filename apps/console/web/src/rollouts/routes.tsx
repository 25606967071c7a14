import type { RouteObject } from 'react-router';

export default [
  { path: '/rollouts', lazy: async () => ({ Component: (await import('./list.js')).RolloutsPage }) },
  { path: '/rollouts/new', lazy: async () => ({ Component: (await import('./new.js')).NewRolloutPage }) },
  // Addresses of former pages of a rollout lead to it.
  { path: '/rollouts/:id/*', lazy: async () => ({ Component: (await import('./rollout.js')).RolloutPage }) },
  {
    path: '/rollouts/:id/targets',
    lazy: async () => ({ Component: (await import('./targets/list.js')).TargetsPage }),
  },
  {
    path: '/rollouts/:id/targets/:appid',
    lazy: async () => ({ Component: (await import('./targets/target.js')).TargetPage }),
  },
] satisfies RouteObject[];
