/** What a text may be, by its form: only what it may be is asked for. */
export interface Sought {
  /** Of a rollout or an operation: a UUID. */
  id?: string;
  /** Of a mini-program: a part of its name, appid or label. */
  text?: string;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const MAX_TEXT = 100;

export function soughtBy(typed: string): Sought {
  const text = typed.trim().slice(0, MAX_TEXT);
  if (text === '') return {};
  const id = text.toLowerCase();
  return UUID.test(id) ? { id } : { text };
}
