import type { RouteObject } from 'react-router';

const routes: RouteObject[] = [
  { path: '/operations', lazy: async () => ({ Component: (await import('./list.js')).OperationsPage }) },
  {
    path: '/operations/:id',
    lazy: async () => ({ Component: (await import('./operation.js')).OperationPage }),
  },
  { path: '/lanes', lazy: async () => ({ Component: (await import('./lanes.js')).LanesPage }) },
];
export default routes;
