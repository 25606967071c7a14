import type { RouteObject } from 'react-router';

const routes: RouteObject[] = [{ path: '/platform', lazy: () => import('./platform-page.js') }];
export default routes;
