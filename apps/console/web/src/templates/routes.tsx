import type { RouteObject } from 'react-router';

const routes: RouteObject[] = [{ path: '/templates', lazy: () => import('./templates-page.js') }];
export default routes;
