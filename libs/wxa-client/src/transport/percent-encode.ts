/** Like encodeURIComponent, but a lone surrogate becomes U+FFFD instead of an exception; a blank becomes `%20`. */
export function percentEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1).replaceAll('+', '%20');
}
