import { createContext, useContext } from 'react';
import { type Language, type Named, nameIn, type Texts, type Translate, valuesOf } from './translate.js';

export type { Language, TextKey, Translate } from './translate.js';

interface Shown {
  language: Language;
  texts: Texts;
  t: Translate;
  /** Shows the application in another language. */
  setLanguage(language: Language): void;
}

export const TextContext = createContext<Shown | undefined>(undefined);

/** The texts in the viewer's language: `t('rollouts.paused', { count: 3 })`. */
export function useText(): Translate {
  return useShown().t;
}

/** Names of states, steps, methods and reasons: `name('rollout', 'ROLLOUT_STATE_PAUSED')`, `name('method', 'SubmitAudit')`. */
export function useName(): (of: Named, value: string) => string {
  const { texts } = useShown();
  return (of, value) => nameIn(texts, of, value);
}

/** Everything of a kind that has a name, to choose from: `options('method')`. Values of enums are without their prefix. */
export function useOptions(): (of: Named) => { value: string; label: string }[] {
  const { texts } = useShown();
  return (of) => valuesOf(texts, of).map((value) => ({ value, label: nameIn(texts, of, value) }));
}

export function useLanguage(): Pick<Shown, 'language' | 'setLanguage'> {
  return useShown();
}

function useShown(): Shown {
  const shown = useContext(TextContext);
  if (shown === undefined) throw new Error('outside of TextContext');
  return shown;
}
