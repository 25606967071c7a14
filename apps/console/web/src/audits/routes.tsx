import type { RouteObject } from 'react-router';

const routes: RouteObject[] = [
  { path: '/audits', lazy: async () => ({ Component: (await import('./list.js')).AuditsPage }) },
  {
    path: '/audits/:appid/:auditId',
    lazy: async () => ({ Component: (await import('./audit.js')).AuditPage }),
  },
];
export default routes;
