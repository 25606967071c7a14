/** A text of Postgres has no NUL character, which WeChat's JSON could have. */
export function storable(text: string): string {
  return text.replaceAll('\u0000', '');
}
