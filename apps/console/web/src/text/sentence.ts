import { hintOf } from './hint.js';
import { language, nameOf, optionalTextOf, t } from './text.js';
import type { Named } from './translate.js';

type Arguments = Readonly<Record<string, string>>;

/** Of OperationError. */
interface Failed {
  reason: string;
  errcode: number;
  errmsg: string;
  arguments: Arguments;
}

/** RolloutExplanation. */
interface Explanation {
  reason: string;
  arguments: Arguments;
}

const NUMBERS: ReadonlySet<string> = new Set([
  ...['failed', 'ended', 'percent', 'used', 'limit', 'left', 'unfinished', 'targets'],
]);
/** Arguments whose values have names: lists of words. */
const NAMED: Readonly<Record<string, Named>> = {
  ...{ step: 'step', rule: 'stopRule', api: 'api', subject: 'subject', items: 'readiness' },
};

/** A sentence of the service in the viewer's language, by its reason and arguments; undefined if there is no text for them. */
function sentenceOf(reason: string, args: Arguments): string | undefined {
  const shown = Object.entries(args).map(([key, value]) => [key, argument(key, value)]);
  return optionalTextOf(`why.${reason}`, Object.fromEntries(shown));
}

function argument(key: string, value: string): string | number {
  const of = NAMED[key];
  if (of === undefined) return NUMBERS.has(key) ? Number(value) : value || t('none');
  return value
    .split(' ')
    .map((one) => nameOf(of, one))
    .join(t('separator'));
}

/**
 * What an error says in the viewer's language. Empty if only its hint says that: the words of WeChat and of the service are mostly
 * English, and stand on Chinese pages as quotations only.
 */
export function causeOf({ reason, errmsg, errcode, arguments: args }: Failed): string {
  // An errcode that led to the reason says more than the reason.
  const isOwn = errcode === 0 || Object.keys(args).length > 0;
  const said = isOwn ? sentenceOf(reason, args) : undefined;
  return said ?? (language === 'en' || CHINESE.test(errmsg) ? plain(errmsg) : '');
}

const CHINESE = /\p{Script=Han}/u;

/** Why something is so: by its explanation, or without one in the words of who said it. */
export function whyOf(words: string, explanation: Explanation | undefined): string {
  if (explanation === undefined) return words;
  const { reason, arguments: args } = explanation;
  const { errcode, errmsg = '', hint = '', ...own } = args;
  if (errcode === undefined) return sentenceOf(reason, args) ?? words;
  const code = Number(errcode);
  const what = [code || reason, causeOf({ reason, errmsg, errcode: code, arguments: own })];
  return t('why.error', { what: what.join(' ').trim(), hint: hintOf({ reason, hint }, language) });
}

/** WeChat's audit reasons have line breaks as HTML. */
export function plain(text: string, lineBreak = ' '): string {
  return text.replace(/<br\s*\/?>/gi, lineBreak);
}
