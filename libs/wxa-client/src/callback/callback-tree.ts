/** One element of a callback, with its texts and elements in document order. */
export interface CallbackNode {
  name: string;
  parts: (CallbackNode | CallbackText)[];
}

/** `isExact`: every character counts, as in CDATA and in JSON. */
export interface CallbackText {
  text: string;
  isExact: boolean;
}

/** Far above any callback of WeChat (a few KB); longer documents are rejected unread. In UTF-16 code units. */
export const maxCallbackLength = 1024 * 1024;
/** Of elements within elements; deeper documents are rejected, because each tag takes time with its depth. */
export const maxDepth = 100;

export const isNode = (part: CallbackNode | CallbackText): part is CallbackNode => 'name' in part;
const isText = (part: CallbackNode | CallbackText): part is CallbackText => !isNode(part);

/** The elements in an element. */
export const childrenOf = ({ parts }: CallbackNode): CallbackNode[] => parts.filter(isNode);

/** The children as a flat map of their whole texts, blanks trimmed. The first of repeated names counts. */
export function flatFields(root: CallbackNode): Record<string, string> {
  const fields = new Map<string, string>();
  for (const child of childrenOf(root)) {
    if (!fields.has(child.name)) fields.set(child.name, joined(textsIn(child)).trim());
  }
  return Object.fromEntries(fields);
}

/** The same of some names only, which costs less if a callback has very many. */
export function fieldsNamed<N extends string>(
  root: CallbackNode,
  names: readonly N[],
): Partial<Record<N, string>> {
  const wanted = new Set<string>(names);
  return flatFields({
    ...root,
    parts: root.parts.filter((part) => isNode(part) && wanted.has(part.name)),
  }) as Partial<Record<N, string>>;
}

/** The text of an element without that of the elements in it. Blanks at both ends are removed, unless they are exact. */
export const ownText = ({ parts }: CallbackNode): string => trimmed(parts.filter(isText));

/** The text of an element with that of all elements in it, besides those that `isLeftOut`. */
export const wholeText = (node: CallbackNode, isLeftOut: (inner: CallbackNode) => boolean): string =>
  trimmed(textsIn(node, isLeftOut));

/** One list is filled, because many elements can be deep within others. */
function textsIn(
  { parts }: CallbackNode,
  isLeftOut: (inner: CallbackNode) => boolean = () => false,
  texts: CallbackText[] = [],
): CallbackText[] {
  for (const part of parts) {
    if (!isNode(part)) texts.push(part);
    else if (!isLeftOut(part)) textsIn(part, isLeftOut, texts);
  }
  return texts;
}

const joined = (texts: CallbackText[]): string => texts.map(({ text }) => text).join('');

function trimmed(texts: CallbackText[]): string {
  const first = texts.findIndex(({ isExact }) => isExact);
  if (first < 0) return joined(texts).trim();
  const end = texts.findLastIndex(({ isExact }) => isExact) + 1;
  const [before, exact, after] = [texts.slice(0, first), texts.slice(first, end), texts.slice(end)].map(
    joined,
  );
  return `${before?.trimStart()}${exact}${after?.trimEnd()}`;
}

/**
 * The tree of a JSON object, which WeChat sends about channel shops: an array is a repeated name, and a number has the digits that were
 * sent. Undefined for anything else.
 */
export function parseJsonTree(text: string): CallbackNode | undefined {
  if (text.length > maxCallbackLength) return undefined;
  try {
    const value: unknown = JSON.parse(text, withDigits);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? nodeOf('xml', value, 0)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Replaces each number by its digits in the text. */
function withDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' ? (context?.source ?? String(value)) : value;
}

function nodeOf(key: string, value: unknown, depth: number): CallbackNode {
  if (depth > maxDepth) throw new RangeError('too deep');
  const name = wellFormed(key);
  if (typeof value !== 'object' || value === null)
    return { name, parts: [{ text: value === null ? '' : wellFormed(String(value)), isExact: true }] };
  const members: [string, unknown][] = Array.isArray(value) ? [[name, value]] : Object.entries(value);
  const parts = members.flatMap(([member, one]) =>
    (Array.isArray(one) ? one : [one]).map((each) => nodeOf(member, each, depth + 1)),
  );
  return { name, parts };
}

/** JSON can contain half a surrogate pair, which UTF-8 cannot. */
const wellFormed = (text: string): string =>
  /[\ud800-\udfff]/.test(text) ? Buffer.from(text).toString() : text;
