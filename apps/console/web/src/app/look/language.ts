import dayjs from 'dayjs';
import 'dayjs/locale/zh-cn';
import type { Locale } from 'antd/es/locale';
import enUS from 'antd/es/locale/en_US';
import { useCallback, useEffect, useState } from 'react';
import { facts } from '../../api/facts.js';
import type { Language, Texts } from '../../text/translate.js';

const YEAR_S = 31_536_000;

interface Loaded {
  language: Language;
  texts: Texts;
  /** Of Ant Design. */
  locale: Locale;
}

/** Only the language that is shown is loaded; Ant Design has English in it. */
const LOADERS: Readonly<Record<Language, () => Promise<Omit<Loaded, 'language'>>>> = {
  zh: () =>
    Promise.all([import('../../text/zh/index.js'), import('antd/es/locale/zh_CN')]).then(
      ([{ zh }, locale]) => ({ texts: zh, locale: locale.default }),
    ),
  en: () => import('../../text/en/index.js').then(({ en }) => ({ texts: en, locale: enUS })),
};

/** The texts of the language that the server has chosen, or the user since; undefined until they are loaded. */
export function useLoadedLanguage(): [Loaded | undefined, (language: Language) => void] {
  const [loaded, setLoaded] = useState<Loaded>();
  const load = useCallback(async (language: Language) => {
    const found = await LOADERS[language]();
    dayjs.locale(language === 'zh' ? 'zh-cn' : 'en');
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
    setLoaded({ language, ...found });
  }, []);
  useEffect(() => void load(facts.language), [load]);
  const choose = (language: Language) => {
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API needs https
    document.cookie = `wxa_language=${language}; path=/; max-age=${YEAR_S}; samesite=lax`;
    void load(language);
  };
  return [loaded, choose];
}
