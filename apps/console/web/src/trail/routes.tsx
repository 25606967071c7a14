import type { RouteObject } from 'react-router';

const routes: RouteObject[] = [{ path: '/trail', lazy: () => import('./trail-page.js') }];
export default routes;
