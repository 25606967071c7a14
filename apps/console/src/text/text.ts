import { common } from './common.js';
import { doubtTexts } from './doubts.js';
import { drafts } from './drafts.js';
import { miniPrograms } from './mini-programs.js';
import { names } from './names.js';
import { operations } from './operations.js';
import { platform } from './platform.js';
import { rollouts } from './rollouts.js';
import { targets } from './targets.js';

/** Every text in both languages, side by side; the key is the name in the code. */
export const TEXTS = {
  ...common,
  ...names,
  ...doubtTexts,
  ...drafts,
  ...miniPrograms,
  ...operations,
  ...platform,
  ...rollouts,
  ...targets,
} as const;

export type TextKey = keyof typeof TEXTS;
export const LANGUAGES = ['zh', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];
/** A text that is not in the table. */
export type Text = Readonly<Record<Language, string>>;

/** The text of a key in the visitor's language; `{name}` in it is replaced by that value. */
export type Translate = (key: TextKey, values?: Readonly<Record<string, string | number>>) => string;

export function translator(language: Language): Translate {
  return (key, values = {}) =>
    TEXTS[key][language].replace(/\{(\w+)\}/g, (_, name: string) => shown(values[name], language));
}

/** Numbers have separators. */
function shown(value: string | number | undefined, language: Language): string {
  return typeof value === 'number' ? formatNumber(value, language) : (value ?? '');
}

const NUMBERS = { zh: new Intl.NumberFormat('zh-CN'), en: new Intl.NumberFormat('en-US') };

export function formatNumber(value: number, language: Language): string {
  return NUMBERS[language].format(value);
}
