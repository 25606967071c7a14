import { createBrowserRouter, type RouteObject } from 'react-router';
import { Crash, NotFound } from './failed.js';
import { LoginPage } from './login.js';
import { Shell } from './shell.js';

export function routerOf(pages: readonly RouteObject[]) {
  return createBrowserRouter([
    { path: '/login', Component: LoginPage, errorElement: <Crash /> },
    {
      element: <Shell />,
      hydrateFallbackElement: <span />,
      children: [{ errorElement: <Crash />, children: [...pages, { path: '*', Component: NotFound }] }],
    },
  ]);
}
