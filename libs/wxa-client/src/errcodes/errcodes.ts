import { codeManagementRows } from './code-management-rows.js';
import { neighbourRows } from './neighbour-rows.js';
import { setupRows } from './setup-rows.js';
import { tokenRows } from './token-rows.js';

/** The meaning of each category, with the remedy. */
export const errorCategories = {
  BUSY: 'WeChat was busy; retry with exponential back-off.',
  RATE: 'Too many calls in a short time; retry later.',
  QUOTA: 'A quota is exhausted; wait until it resets, or have it raised.',
  TOKEN: 'The token was rejected; obtain a new one, or authorize again.',
  PERMISSION: 'The account or the platform lacks a permission; see its admin console.',
  STATE: 'The current state does not allow this call; check the state first.',
  CONTENT: 'WeChat rejected the content; correct it and send it again.',
  REQUEST: 'A field of the request is invalid; correct it and send it again.',
  TRANSPORT: 'WeChat could not be reached, or its response was lost.',
  DEADLINE: 'The deadline passed before the operation was executed.',
  INTERNAL: 'Unexpected error; look up the errcode at WeChat and report it.',
} as const;

/** The meaning of each category in Chinese. */
export const errorCategoriesZh: Record<ErrorCategory, string> = {
  BUSY: '微信繁忙，请以指数退避重试。',
  RATE: '短时间内调用过多，请稍后重试。',
  QUOTA: '额度已用完，请等待重置或申请提高额度。',
  TOKEN: '凭据被拒绝，请重新获取或重新授权。',
  PERMISSION: '账号或平台缺少权限，请查看其后台。',
  STATE: '当前状态不允许该调用，请先检查状态。',
  CONTENT: '微信拒绝了内容，请修正后重新提交。',
  REQUEST: '请求的字段不合法，请修正后重发。',
  TRANSPORT: '无法连接微信，或响应丢失。',
  DEADLINE: '操作在期限内未能执行。',
  INTERNAL: '意外错误，请按错误码查阅微信文档并反馈。',
};

export type ErrorCategory = keyof typeof errorCategories;

export interface ErrcodeInfo {
  errcode: number;
  /** The name is stable, in UPPER_SNAKE and unique in the table. */
  reason: string;
  category: ErrorCategory;
  /** Whether the same request can succeed later without any other change. */
  retryable: boolean;
  /** Shortest useful delay before a retry, if WeChat documents one. */
  retryAfterMs?: number;
  /** What to do, in English. */
  hint: string;
  /** What to do, in Chinese. */
  hintZh: string;
  /** WeChat's official text, in Chinese if available; empty for codes that are not in the table. */
  text: string;
}

const retryableCategories: ReadonlySet<ErrorCategory> = new Set(['BUSY', 'RATE', 'TRANSPORT']);

/** WeChat's privacy check of a commit takes about a minute; afterwards the same submission is accepted. */
const RETRY_AFTER_MS: Record<number, number> = { 61039: 60_000 };

const table: ReadonlyMap<number, ErrcodeInfo> = new Map(
  [codeManagementRows, tokenRows, neighbourRows, setupRows]
    .flatMap((rows) => rows.trim().split('\n'))
    .map(parseRow)
    .map((info) => [info.errcode, info]),
);

/** All errcodes in the table. */
export const knownErrcodes: readonly number[] = [...table.keys()];

/** Describes a WeChat errcode. A code that is not in the table is `INTERNAL`, reason `WECHAT_<code>`, not retryable. */
export function describeErrcode(errcode: number): ErrcodeInfo {
  return table.get(errcode) ?? unknownErrcode(errcode);
}

/**
 * The English hint, followed in square brackets by WeChat's official text, if that is Chinese, and by the hint in Chinese. WeChat's
 * `errmsg` is mostly English, so that the Chinese text would otherwise not reach the caller.
 */
export function fullHint({ hint, hintZh, text }: Pick<ErrcodeInfo, 'hint' | 'hintZh' | 'text'>): string {
  const official = /\p{Script=Han}/u.test(text) ? `${text.replace(/[。．.]$/, '')}。` : '';
  return `${hint} [${official}${hintZh}]`;
}

function unknownErrcode(errcode: number): ErrcodeInfo {
  const hint = `Unknown WeChat errcode ${errcode}; look it up at WeChat and report it.`;
  const hintZh = `未知的微信错误码 ${errcode}，请查阅微信文档并反馈。`;
  return {
    errcode,
    reason: `WECHAT_${errcode}`,
    category: 'INTERNAL',
    retryable: false,
    hint,
    hintZh,
    text: '',
  };
}

export function isRetryableCategory(category: ErrorCategory): boolean {
  return retryableCategories.has(category);
}

function parseRow(row: string): ErrcodeInfo {
  const [code = '', reason = '', category = '', text = '', hint = '', hintZh = ''] = row
    .split('|')
    .map((cell) => cell.trim());
  const errcode = Number(code);
  if (!isErrorCategory(category) || !hint || !hintZh)
    throw new Error(`errcode ${code} lacks a category or a hint`);
  const retryAfterMs = RETRY_AFTER_MS[errcode];
  const retryable = isRetryableCategory(category) || retryAfterMs !== undefined;
  return {
    errcode,
    reason,
    category,
    retryable,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    hint,
    hintZh,
    text,
  };
}

function isErrorCategory(category: string): category is ErrorCategory {
  return Object.hasOwn(errorCategories, category);
}
