import type { RouteObject } from 'react-router';

const routes: RouteObject[] = [{ path: '/users', lazy: () => import('./users-page.js') }];
export default routes;
