import {
  type Language,
  type Named,
  nameIn,
  optionalText,
  type Texts,
  type Translate,
  translator,
  type Values,
  valuesOf,
} from './translate.js';

export type { Language, TextKey, Translate } from './translate.js';

/** The language of the page. */
export let language: Language = 'zh';
let texts: Texts;
let translate: Translate;

/** Makes these the texts of the page, which has to be rendered again then. */
export function showTexts(shown: Language, all: Texts): void {
  language = shown;
  texts = all;
  translate = translator(all, shown);
}

/** A text in the viewer's language: `t('rollouts.paused', { count: 3 })`. */
export const t: Translate = (key, values) => translate(key, values);

/** The name of a state, step, method or reason: `nameOf('rollout', 'ROLLOUT_STATE_PAUSED')`, `nameOf('method', 'SubmitAudit')`. */
export const nameOf = (of: Named, value: string): string => nameIn(texts, of, value);

/** Everything of a kind that has a name, to choose from: `optionsOf('method')`. Values of enums are without their prefix. */
export const optionsOf = (of: Named) =>
  valuesOf(texts, of).map((value) => ({ value, label: nameOf(of, value) }));

/** The text of a key that may not exist, as for a reason of a later service; undefined also if one of its values is missing. */
export const optionalTextOf = (key: string, values: Values) => optionalText(texts, t, key, values);
