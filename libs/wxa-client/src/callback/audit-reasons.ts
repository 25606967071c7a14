export interface AuditReason {
  title: string;
  details: string[];
}

/** `1:` starts a title, `(1):` a detail; WeChat also uses full-width punctuation. */
const mark = /^(?:(\d{1,3})|[(（]\s*(\d{1,3})\s*[)）])\s*([:：、.．])\s*/;

/**
 * Parses WeChat's reason for a rejected audit, e.g. `1:标题:<br>(1):细节<br>`, into titles with their details. Only
 * marks, blanks and trailing colons are removed. A line without a mark continues the entry above it, or is a title if
 * there is none. Details before the first title get the title ``.
 */
export function parseReasons(raw: string): AuditReason[] {
  const reasons: AuditReason[] = [];
  for (const line of linesOf(raw)) addLine(reasons, line);
  return reasons.map(tidy).filter(({ title, details }) => title || details.length > 0);
}

function linesOf(raw: string): string[] {
  return raw
    .split(/<br\s*\/?>|\r?\n/i)
    .map((line) => line.trim())
    .filter(Boolean);
}

function addLine(reasons: AuditReason[], line: string): void {
  const [whole = '', title, detail, separator = ''] = mark.exec(line) ?? [];
  const text = line.slice(whole.length);
  const last = reasons.at(-1);
  if (title && begins(title, reasons.length, separator, text)) reasons.push({ title: text, details: [] });
  else if (detail && last) last.details.push(text);
  else if (detail) reasons.push({ title: '', details: [text] });
  else if (last) continueWith(last, line);
  else reasons.push({ title: line, details: [] });
}

/** `12:30`, `1.10`: before a digit, only the next number in sequence with a colon starts a title. */
function begins(number: string, count: number, separator: string, text: string): boolean {
  return !/^\d/.test(text) || (Number(number) === count + 1 && /[:：]/.test(separator));
}

function continueWith(reason: AuditReason, line: string): void {
  const detail = reason.details.pop();
  if (detail === undefined) reason.title = `${reason.title}\n${line}`;
  else reason.details.push(`${detail}\n${line}`);
}

function tidy({ title, details }: AuditReason): AuditReason {
  return { title: withoutColon(title), details: details.map(withoutColon).filter(Boolean) };
}

function withoutColon(text: string): string {
  return text.replace(/[:：]$/, '').trim();
}
