import type { RouteObject } from 'react-router';

const routes: RouteObject[] = [
  { path: '/', lazy: async () => ({ Component: (await import('./overview-page.js')).OverviewPage }) },
];

export default routes;
