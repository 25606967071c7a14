/** What a text may be, by its form: only what it may be is asked for. */
export interface Sought {
  /** Of a rollout or an operation: a UUID. */
  id?: string;
  /** Of an audit: a number. */
  auditId?: string;
  /** Of a mini-program: a part of its name, appid or label. */
  text?: string;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const MAX_TEXT = 100;
const MAX_INT64 = 2n ** 63n - 1n;

export function soughtBy(typed: string): Sought {
  const text = typed.trim().slice(0, MAX_TEXT);
  if (text === '') return {};
  const id = text.toLowerCase();
  if (UUID.test(id)) return { id };
  const isAuditId = /^[1-9]\d{0,18}$/.test(text) && BigInt(text) <= MAX_INT64;
  return { text, ...(isAuditId && { auditId: text }) };
}
