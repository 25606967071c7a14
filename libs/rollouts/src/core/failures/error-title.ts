import type { OperationError } from '@wxa/contracts';
import { parseReasons } from '@wxa/methods';

const MAX_TITLE = 80;

/** Parts of WeChat's texts that differ from one mini-program or call to the next. */
const VARIABLE_PARTS: readonly RegExp[] = [
  // `errmsg rid: 5f3c…`, and `hint: [req_id]` of older APIs.
  /,?\s*rid:\s*[0-9a-f-]+/gi,
  /,?\s*hints?:\s*\[[^\]]*\]/gi,
  /\bwx[0-9a-f]{16}\b/g,
  // Ids and times.
  /\b\d{6,}\b/g,
];

/**
 * The title of the failure group of an error: the first 80 characters of WeChat's text without its variable parts, or the
 * first reason of a rejection. Never empty, because an empty title in a filter means any: the reason's name if there is no text.
 */
export function errorTitle({ reason, errmsg }: OperationError): string {
  const text = reason === 'AUDIT_REJECTED' ? firstReason(errmsg) : errmsg;
  const title = VARIABLE_PARTS.reduce((rest, part) => rest.replace(part, ''), text)
    .replace(/\s+/g, ' ')
    .trim();
  return [...(title || reason)].slice(0, MAX_TITLE).join('');
}

function firstReason(text: string): string {
  const [first] = parseReasons(text);
  return first?.title || first?.details[0] || text;
}
