import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { App as AntApp, ConfigProvider } from 'antd';
import { RouterProvider, type RouterProviderProps } from 'react-router/dom';
import { ApiError } from '../api/call.js';
import { nonce } from '../api/facts.js';
import { TextContext } from '../text/text.js';
import { type Language, translator } from '../text/translate.js';
import { useLoadedLanguage } from './look/language.js';
import { ThemeContext, themeOf, useTheme } from './look/theme.js';

const FRESH_MS = 5_000;
const RETRIES = 2;
/** Codes after which the same read can succeed. */
const PASSING: readonly string[] = ['NO_ANSWER', 'UNAVAILABLE', 'DEADLINE_EXCEEDED'];

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: FRESH_MS,
      retry: (failures, error) =>
        failures < RETRIES && error instanceof ApiError && PASSING.includes(error.code),
    },
    // By default an action without a network would be made as soon as there is one, also hours later.
    mutations: { networkMode: 'always' },
  },
});

/** The application: language, theme, reads of the gateway, pages. */
export function App({ router }: RouterProviderProps) {
  const [loaded, setLanguage] = useLoadedLanguage();
  const theme = useTheme();
  if (loaded === undefined) return null;
  const { language, texts, locale } = loaded;
  const choose = (next: Language) => {
    setLanguage(next);
    // The server says in the language of the request what to do about an error.
    void client.resetQueries({ predicate: ({ state }) => state.status === 'error' });
  };
  const shown = { language, texts, t: translator(texts, language), setLanguage: choose };
  return (
    <TextContext value={shown}>
      <ThemeContext value={theme}>
        <ConfigProvider csp={{ nonce }} locale={locale} theme={themeOf(theme.isDark)}>
          <AntApp>
            <QueryClientProvider client={client}>
              <RouterProvider router={router} />
            </QueryClientProvider>
          </AntApp>
        </ConfigProvider>
      </ThemeContext>
    </TextContext>
  );
}
