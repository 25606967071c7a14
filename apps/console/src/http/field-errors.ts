import { type CallViolation, textWith, VIOLATIONS, type ViolationReason } from '@wxa/contracts';

export type Language = 'zh' | 'en';

/** What is wrong with a field; in both languages the gateway's text if its reason is one of a later version. */
export function textOf({ reason, args, description }: CallViolation): Record<Language, string> {
  const isKnown = Object.hasOwn(VIOLATIONS, reason);
  return {
    en: description,
    zh: isKnown ? textWith(VIOLATIONS[reason as ViolationReason][1], args) : description,
  };
}
