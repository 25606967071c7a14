import type { RouteObject } from 'react-router';

const lazy = async () => ({ Component: (await import('./doubts.js')).DoubtsPage });
const routes: RouteObject[] = [
  { path: '/doubts', lazy },
  { path: '/doubts/:id', lazy },
];
export default routes;
