import { GlobalOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import type { Locale } from 'antd/es/locale';
import enUS from 'antd/es/locale/en_US';
import dayjs from 'dayjs';
import 'dayjs/locale/zh-cn';
import { type ComponentType, useSyncExternalStore } from 'react';
import { facts } from '../../api/facts.js';
import { type Language, language, showTexts, t } from '../../text/text.js';
import type { Texts } from '../../text/translate.js';

const YEAR_S = 31_536_000;

/** Only the language that is shown is loaded; Ant Design has English in it. */
const LOADERS: Readonly<Record<Language, () => Promise<[Texts, Locale]>>> = {
  zh: async () => {
    const [{ zh }, locale] = await Promise.all([
      import('../../text/zh/index.js'),
      import('antd/es/locale/zh_CN'),
    ]);
    return [zh, locale.default];
  },
  en: async () => [(await import('../../text/en/index.js')).en, enUS],
};

let locale: Locale | undefined;
const watchers = new Set<() => void>();

async function show(next: Language): Promise<void> {
  const [texts, loaded] = await LOADERS[next]();
  showTexts(next, texts);
  dayjs.locale(next === 'zh' ? 'zh-cn' : 'en');
  document.documentElement.lang = next === 'zh' ? 'zh-CN' : 'en';
  locale = loaded;
  for (const changed of watchers) changed();
}
void show(facts.language).catch(offerReload);

/** Without its texts the application shows nothing. */
function offerReload(): void {
  const reload = document.createElement('button');
  reload.textContent = 'Reload · 重新加载';
  reload.onclick = () => window.location.reload();
  document.body.append(reload);
}

/** Calls after each change of the language. @returns ends that. */
export function watchLanguage(changed: () => void): () => void {
  watchers.add(changed);
  return () => watchers.delete(changed);
}

/** Ant Design's texts in the language that the server has chosen, or the user since; undefined until all texts are loaded. */
export const useLocale = () => useSyncExternalStore(watchLanguage, () => locale);

/** A component that is rendered again, with what is in it, when the language changes. */
export function inLanguage(Part: ComponentType): ComponentType {
  return function InLanguage() {
    useLocale();
    return <Part />;
  };
}

/** Shows the application in the other language, which the button names in that language. */
export function LanguageButton() {
  const other = language === 'zh' ? 'en' : 'zh';
  const choose = () => {
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API needs https
    document.cookie = `wxa_language=${other}; path=/; max-age=${YEAR_S}; samesite=lax`;
    // A page that is opened now is in that language.
    void show(other).catch(() => window.location.reload());
  };
  return (
    <Button type="text" icon={<GlobalOutlined />} lang={other} aria-label={t('language')} onClick={choose}>
      <span className="wide-only">{t('language')}</span>
    </Button>
  );
}
