import { OPERATION_REASONS } from '@wxa/contracts/operation-reasons';
import type { Language } from './translate.js';

/** What to do about the failure of an operation (`Operation.error`), in the viewer's language as far as there is a text in it. */
export function hintOf({ reason, hint }: { reason: string; hint: string }, language: Language): string {
  const isKnown = Object.hasOwn(OPERATION_REASONS, reason) && language === 'zh';
  return isKnown
    ? OPERATION_REASONS[reason as keyof typeof OPERATION_REASONS].hintZh
    : hintIn(hint, language);
}

/** Hints are English, followed by Chinese in square brackets: that of the service, or WeChat's official text. */
export function hintIn(hint: string, language: Language): string {
  const [, english = hint, chinese = hint] = /^(.*?)\s*\[([^[]*)\]$/s.exec(hint) ?? [];
  return language === 'zh' ? chinese : english;
}
