type NamesIn<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | NamesIn<Rest> : never;

/** The values that a text needs, by the names in its braces; nothing if it needs none. */
export type ArgumentsOf<Text extends string> = [NamesIn<Text>] extends [never]
  ? []
  : [Readonly<Record<NamesIn<Text>, string | number | bigint>>];

/** Arguments as they are sent. */
export function textsOf(
  values: Readonly<Record<string, string | number | bigint>> = {},
): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}

/** A text in which each `{name}` is replaced by the argument of that name. */
export function textWith(text: string, args: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => args[name] ?? '');
}
