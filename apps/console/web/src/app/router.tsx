import { createBrowserRouter, type RouteObject } from 'react-router';
import { Crash } from './crash.js';
import { LoginPage } from './login.js';
import { NotFound } from './not-found.js';
import { Shell } from './shell.js';

/** Each noun's `routes.tsx` has the routes of its pages; a new one needs nothing here. */
const modules = import.meta.glob<{ default: RouteObject[] }>('../*/routes.tsx', { eager: true });
const pages = Object.values(modules).flatMap((module) => module.default);

export const router = createBrowserRouter([
  { path: '/login', Component: LoginPage, errorElement: <Crash /> },
  {
    element: <Shell />,
    hydrateFallbackElement: <span />,
    children: [{ errorElement: <Crash />, children: [...pages, { path: '*', Component: NotFound }] }],
  },
]);
