/** A text in Chinese and in English. */
export type Text = { readonly zh: string; readonly en: string };

/** Types a part of the dictionary: the keys stay literal, and no language can be forgotten. */
export function texts<const T extends Readonly<Record<string, Text>>>(all: T): T {
  return all;
}
