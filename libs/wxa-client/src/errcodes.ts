import { codeManagementRows } from './errcodes/code-management-rows.js';
import { neighbourRows } from './errcodes/neighbour-rows.js';
import { tokenRows } from './errcodes/token-rows.js';

/** What each category means, and what to do about it. */
export const errorCategories = {
  BUSY: 'WeChat was busy; try again after a short, growing pause.',
  RATE: 'Called too often; try again after a pause.',
  QUOTA: 'A quota is used up; wait until it opens again or have it raised.',
  TOKEN: 'The token was refused; fetch a new one, or authorize again.',
  PERMISSION: 'The account or the platform may not do this; see its admin console.',
  STATE: 'The present state does not allow this; look it up, then decide.',
  CONTENT: 'WeChat refused the content; correct it and send it again.',
  REQUEST: 'A field of the request is wrong; correct it and send it again.',
  TRANSPORT: 'WeChat could not be reached, or its answer was lost.',
  DEADLINE: 'The time for this was over before it was done.',
  INTERNAL: 'This is not expected; look up the code at WeChat and report it.',
} as const;

export type ErrorCategory = keyof typeof errorCategories;

export interface ErrcodeInfo {
  errcode: number;
  /** Stable UPPER_SNAKE name, unique in the table. */
  reason: string;
  category: ErrorCategory;
  /** Whether the same request can succeed later without anybody changing anything. */
  retryable: boolean;
  /** The shortest wait before a retry makes sense, where WeChat names one. */
  retryAfterMs?: number;
  /** What to do, in English. */
  hint: string;
  /** WeChat's official text, Chinese where it has one; empty for a code the table does not have. */
  text: string;
}

const retryableCategories: ReadonlySet<ErrorCategory> = new Set(['BUSY', 'RATE', 'TRANSPORT']);

/** WeChat's privacy check of a commit takes about a minute; after that the same submit is accepted. */
const waits: Record<number, number> = { 61039: 60_000 };

const table: ReadonlyMap<number, ErrcodeInfo> = new Map(
  [codeManagementRows, tokenRows, neighbourRows]
    .flatMap((rows) => rows.trim().split('\n'))
    .map(parseRow)
    .map((info) => [info.errcode, info]),
);

/** Every errcode that has a row. */
export const knownErrcodes: readonly number[] = [...table.keys()];

/** What an errcode of WeChat means. A code without a row is `INTERNAL`, reason `WECHAT_<code>`, not retryable. */
export function describeErrcode(errcode: number): ErrcodeInfo {
  return table.get(errcode) ?? unknownErrcode(errcode);
}

/**
 * The hint for those who read English, and WeChat's own Chinese text after it for those who do not: `errmsg`
 * mostly comes in English.
 */
export function fullHint({ hint, text }: Pick<ErrcodeInfo, 'hint' | 'text'>): string {
  return /\p{Script=Han}/u.test(text) ? `${hint} [${text}]` : hint;
}

function unknownErrcode(errcode: number): ErrcodeInfo {
  const hint = `WeChat's errcode ${errcode} is not in our table; look it up at WeChat and report it.`;
  return { errcode, reason: `WECHAT_${errcode}`, category: 'INTERNAL', retryable: false, hint, text: '' };
}

export function isRetryableCategory(category: ErrorCategory): boolean {
  return retryableCategories.has(category);
}

function parseRow(row: string): ErrcodeInfo {
  const [code = '', reason = '', category = '', text = '', hint = ''] = row
    .split('|')
    .map((cell) => cell.trim());
  const errcode = Number(code);
  if (!isErrorCategory(category) || !hint) throw new Error(`errcode ${code} has no category or no hint`);
  const retryAfterMs = waits[errcode];
  const retryable = isRetryableCategory(category) || retryAfterMs !== undefined;
  return {
    errcode,
    reason,
    category,
    retryable,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    hint,
    text,
  };
}

function isErrorCategory(category: string): category is ErrorCategory {
  return Object.hasOwn(errorCategories, category);
}
