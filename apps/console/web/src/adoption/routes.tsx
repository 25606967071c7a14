import type { RouteObject } from 'react-router';

const routes: RouteObject[] = [{ path: '/adoption', lazy: () => import('./adoption-page.js') }];
export default routes;
