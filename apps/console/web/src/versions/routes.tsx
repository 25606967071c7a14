import type { RouteObject } from 'react-router';

const routes: RouteObject[] = [
  {
    path: 'versions',
    lazy: async () => ({ Component: (await import('./versions-page.js')).VersionsPage }),
  },
];

export default routes;
