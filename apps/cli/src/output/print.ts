import { json } from './printable.js';

/** Prints a result: a JSON document for a program, or a text for a reader. */
export function print(asJson: boolean | undefined, document: unknown, text: string): void {
  const output = asJson === true ? json(document) : text;
  if (output !== '') console.log(output);
}

/** A count with its noun, as in `1 operation` and `2 operations`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
