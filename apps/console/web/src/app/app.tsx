import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { App as AntApp, ConfigProvider } from 'antd';
import type { ComponentType } from 'react';
import { createBrowserRouter, useParams } from 'react-router';
import { RouterProvider, type RouterProviderProps } from 'react-router/dom';
import { ApiError, isUnknownOutcome } from '../api/call.js';
import { nonce } from '../api/facts.js';
import { Crash, NotFound } from './failed.js';
import { LoginPage } from './login.js';
import { inLanguage, useLocale, watchLanguage } from './look/language.js';
import { themeOf, useTheme } from './look/theme.js';
import { Shell } from './shell.js';

const FRESH_MS = 5_000;
const RETRIES = 2;

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: FRESH_MS,
      retry: (failures, error) => failures < RETRIES && error instanceof ApiError && isUnknownOutcome(error),
      // By default a page without a network waits for one, and does not say so.
      networkMode: 'always',
      refetchOnReconnect: true,
    },
    // By default an action without a network would be made as soon as there is one, also hours later.
    mutations: { networkMode: 'always' },
  },
});

// The server says in the language of the request what to do about an error. What was read stays, with the forms that show it.
watchLanguage(() => {
  void client.resetQueries({ predicate: ({ state }) => state.data === undefined });
  void client.invalidateQueries({ predicate: ({ state }) => state.status === 'error' });
});

/** The application: language, theme, reads of the gateway, pages. */
export function App({ router }: RouterProviderProps) {
  const { isDark } = useTheme();
  const locale = useLocale();
  if (locale === undefined) return null;
  return (
    <ConfigProvider csp={{ nonce }} locale={locale} theme={themeOf(isDark)}>
      <AntApp>
        <QueryClientProvider client={client}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </AntApp>
    </ConfigProvider>
  );
}

/** A page by its address, loaded when it is visited. */
export interface PageRoute {
  path: string;
  lazy(): Promise<{ Component: ComponentType }>;
}

export function routerOf(pages: readonly PageRoute[]) {
  const shown = pages.map(({ path, lazy }) => ({
    path,
    lazy: async () => ({ Component: inLanguage(ofOneObject((await lazy()).Component)) }),
  }));
  return createBrowserRouter([
    { path: '/login', Component: inLanguage(LoginPage), errorElement: <Crash /> },
    {
      Component: inLanguage(Shell),
      hydrateFallbackElement: <span />,
      children: [
        { errorElement: <Crash />, children: [...shown, { path: '*', Component: inLanguage(NotFound) }] },
      ],
    },
  ]);
}

/** A page that starts again when its address names another object: none of its state is about the one before. */
function ofOneObject(Part: ComponentType): ComponentType {
  return function OfOneObject() {
    return <Part key={JSON.stringify(useParams())} />;
  };
}
