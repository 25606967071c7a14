const CONTROL = /[\p{Cc}\p{Cf}]/gu;
/** Outside ASCII, JSON does not escape these itself. */
const CONTROL_IN_JSON = /[\u007f-\u009f\p{Cf}]/gu;

/** Foreign text, without the control characters that a terminal would execute. */
export function printable(text: string): string {
  return text.replace(CONTROL, (c) => (c === '\n' || c === '\t' ? c : '\ufffd'));
}

/** The same on one line. */
export function singleLine(text: string): string {
  return printable(text).replace(/\s/g, ' ');
}

/** A JSON document on one line, in which control characters are escaped. */
export function json(document: unknown): string {
  return escaped(JSON.stringify(document));
}

/** A text of JSON, in which control characters are escaped. */
export function escaped(text: string): string {
  return text.replace(CONTROL_IN_JSON, (c) =>
    [...Array(c.length).keys()].map((i) => `\\u${c.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  );
}
