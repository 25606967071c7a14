import { Navigate, type RouteObject, useLocation } from 'react-router';
import { actionOf } from './actions/possible.js';

/** The pages of mini-programs. The addresses of the old console lead to them, with the forms of their actions. */
const routes: RouteObject[] = [
  { path: 'miniprograms/*', Component: FromOldAddress },
  {
    path: 'mini-programs',
    children: [
      { index: true, lazy: async () => ({ Component: (await import('./list/list-page.js')).ListPage }) },
      {
        path: 'not-live',
        lazy: async () => ({ Component: (await import('./waiting/not-live-page.js')).NotLivePage }),
      },
      { path: 'sync', lazy: async () => ({ Component: (await import('./waiting/sync-page.js')).SyncPage }) },
      {
        path: ':appid',
        lazy: async () => ({ Component: (await import('./one/mini-program-page.js')).MiniProgramPage }),
      },
    ],
  },
];

function FromOldAddress() {
  const { pathname, search } = useLocation();
  const [, , appid = '', old = ''] = pathname.split('/');
  const action = actionOf(old === 'visibility' ? 'visit-status' : old);
  return <Navigate to={`/mini-programs/${appid}${action ? `?action=${action}` : search}`} replace />;
}

export default routes;
