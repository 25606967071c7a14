import { status as Code } from '@grpc/grpc-js';
import {
  describeErrcode,
  describeHttpRefusal,
  type ErrcodeInfo,
  errorCategories,
  knownErrcodes,
  knownHttpRefusals,
} from '@wxa/wxa-client';
import { CATEGORY_CODES, type Category, RPC_ERRORS } from './rpc-error-table.js';

const INTRODUCTION = `# Errors

<!-- Written by \`npm run errors:page\` from the tables of the code; not edited by hand. -->

What WeChat refuses reaches you in \`Operation.error\`, in \`OperationCompleted\` on Kafka, and, for a query, as a gRPC
error whose \`ErrorInfo\` has the same. \`errcode\` and \`errmsg\` are WeChat's own, \`reason\` is a stable name of ours,
\`hint\` says what to do and ends with WeChat's Chinese text in square brackets. \`rid\` is WeChat's id of the very call:
give it to WeChat's support.

*Again* says whether asking again helps, without anybody changing anything. The service has tried until the
operation's deadline by itself before you see such an error; a new try needs a new \`request_id\`.

While an operation is \`IN_DOUBT\`, \`error.retryable\` is false whatever the table says: WeChat may have executed it, and
a new request could execute it a second time. Wait until it is settled.

A code that is not here fails with the reason \`WECHAT_<code>\`, category \`INTERNAL\`.`;

const HTTP_STATUSES = `WeChat's APIs answer with status 200, whatever they say. A 4xx whose body has no errcode comes from an HTTP server in
front of them, or from a proxy or a firewall. \`errcode\` is 0, and \`errmsg\` has the status. It is final for a query:
one call is made, and the circuit breaker does not count it as a call without an answer. For a change it is final
(\`FAILED\`) if the request is refused before an API sees it; where a proxy may have refused the response instead, WeChat
is asked ([in doubt](decisions/in-doubt.md)). ImportAuthorizer is repeated in that case. Any other 4xx is as 403.`;

/** docs/errors.md: the one errcode table, with the gRPC status that each category comes as. */
export function errorsPage(): string {
  return `${[
    INTRODUCTION,
    '## Categories',
    table(['category', 'gRPC status', 'what it means'], Object.entries(errorCategories).map(categoryRow)),
    "## WeChat's codes",
    table(
      ['errcode', 'reason', 'category', 'again', 'what to do', "WeChat's text"],
      [...knownErrcodes].sort(bySize).map(describeErrcode).map(errcodeRow),
    ),
    '## HTTP statuses without an errcode',
    HTTP_STATUSES,
    table(
      ['status', 'reason', 'category', 'again', 'a change', 'what to do'],
      knownHttpRefusals.map(httpStatusRow),
    ),
    "## The gateway's own refusals",
    'They come before anything is accepted, or in place of an answer; `RetryInfo` says when to ask again.',
    table(['reason', 'gRPC status', 'category', 'again'], Object.entries(RPC_ERRORS).map(refusalRow)),
  ].join('\n\n')}\n`;
}

/** 85009 stands before 9402202, and -60005 behind 60005. */
function bySize(a: number, b: number): number {
  return Math.abs(a) - Math.abs(b);
}

function categoryRow([category, meaning]: [string, string]): string[] {
  return [code(category), code(Code[CATEGORY_CODES[category as Category]]), meaning];
}

function errcodeRow({
  errcode,
  reason,
  category,
  retryable,
  retryAfterMs,
  hint,
  text,
}: ErrcodeInfo): string[] {
  return [String(errcode), code(reason), category, again(retryable, retryAfterMs), hint, text];
}

function httpStatusRow(status: number): string[] {
  const info = describeHttpRefusal(status);
  if (info === undefined) return [];
  const { reachedApi, reason, category, retryable, hint } = info;
  const change = code(reachedApi === 'never' ? 'FAILED' : 'IN_DOUBT');
  return [String(status), code(reason), category, again(retryable), change, hint];
}

function refusalRow([reason, row]: [string, (typeof RPC_ERRORS)[keyof typeof RPC_ERRORS]]): string[] {
  const retryAfterMs = 'retryAfterMs' in row ? row.retryAfterMs : undefined;
  return [code(reason), code(Code[row.code]), row.category, again(retryAfterMs !== undefined, retryAfterMs)];
}

function again(retryable: boolean, retryAfterMs?: number): string {
  if (!retryable) return 'no';
  return retryAfterMs === undefined ? 'yes' : `after ${retryAfterMs / 1000} s`;
}

function code(name: string): string {
  return `\`${name}\``;
}

function table(heads: string[], rows: string[][]): string {
  const lines = [heads, heads.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
