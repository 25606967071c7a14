import type { RouteObject } from 'react-router';

const routes: RouteObject[] = [
  {
    path: 'settings',
    children: [
      { index: true, lazy: async () => ({ Component: (await import('./layers-page.js')).LayersPage }) },
      { path: 'layer', lazy: async () => ({ Component: (await import('./layer-page.js')).LayerPage }) },
      { path: 'domains', lazy: async () => ({ Component: (await import('./domains-page.js')).DomainsPage }) },
    ],
  },
];

export default routes;
