import { XMLParser, XMLValidator } from 'fast-xml-parser';
import {
  type CallbackNode,
  flatFields,
  isNode,
  maxCallbackLength,
  maxDepth,
  parseJsonTree,
} from './callback-tree.js';

/** Of `<` in a document, also in CDATA: a callback has some dozens, and reading 1 MiB of tags takes a second. */
const maxMarkup = 50_000;

/** One node in document order: `{ tag: children }`, `{ '#text': text }` or `{ '#cdata': children }`. */
interface XmlNode {
  [name: string]: XmlNode[] | string;
}

const parser = new XMLParser({
  preserveOrder: true,
  cdataPropName: '#cdata',
  parseTagValue: false,
  processEntities: false,
  trimValues: false,
  ignoreAttributes: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  // It refuses or renames what objects have, such as `constructor`. No name of XML begins with a dot.
  transformTagName: (name) => `.${name}`,
  // That of <xml> is one.
  maxNestedTags: maxDepth + 1,
});

/**
 * Returns the children of `<xml>` as a flat map of texts; undefined for anything but one well-formed document without
 * DOCTYPE of at most `maxCallbackLength`. Entities outside CDATA are resolved and blanks trimmed. The first of repeated
 * tags counts, so that nothing appended can replace the content.
 */
export function parseXml(text: string): Record<string, string> | undefined {
  const root = parseXmlTree(text);
  return root && flatFields(root);
}

/** The tree of a decrypted callback, which is XML or a JSON object. */
export function parseCallbackTree(text: string): CallbackNode | undefined {
  return text.startsWith('{') ? parseJsonTree(text) : parseXmlTree(text);
}

/** Returns the element `<xml>` of a document as described at `parseXml`. Attributes and comments are dropped. */
export function parseXmlTree(text: string): CallbackNode | undefined {
  if (text.length > maxCallbackLength || text.split('<', maxMarkup + 2).length > maxMarkup + 1)
    return undefined;
  if (declaresAnything(text)) return undefined;
  try {
    // The parser alone accepts plain text and mismatched tags.
    if (XMLValidator.validate(text) !== true) return undefined;
    const roots: XmlNode[] = parser.parse(text);
    return nodeOf('', roots)
      .parts.filter(isNode)
      .find(({ name }) => name === 'xml');
  } catch {
    return undefined;
  }
}

/**
 * Whether the text has `<!DOCTYPE`, `<!ENTITY` or another declaration outside CDATA and comments. Uses indexOf, because a
 * regular expression takes quadratic time on a text full of `<![CDATA[`.
 */
function declaresAnything(text: string): boolean {
  let at = text.indexOf('<!');
  while (at >= 0) {
    const end = endOfSection(text, at);
    if (end === undefined) return true;
    at = text.indexOf('<!', end);
  }
  return false;
}

function endOfSection(text: string, at: number): number | undefined {
  const close = text.startsWith('<![CDATA[', at) ? ']]>' : text.startsWith('<!--', at) ? '-->' : undefined;
  const end = close === undefined ? -1 : text.indexOf(close, at + 4);
  return end < 0 ? undefined : end + 3;
}

function nodeOf(name: string, children: XmlNode[]): CallbackNode {
  return { name, parts: children.flatMap((child) => Object.entries(child).map(partOf)) };
}

function partOf([name, inner]: [string, XmlNode[] | string]): CallbackNode['parts'][number] {
  if (typeof inner === 'string') return { text: resolveEntities(inner), isExact: false };
  // That of an empty tag is transformed twice.
  if (name !== '#cdata') return nodeOf(name.replace(/^\.+/, ''), inner);
  return { text: inner.map((node) => String(node['#text'] ?? '')).join(''), isExact: true };
}

const predefined = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** One pass, so that `&amp;lt;` becomes `&lt;` and not `<`. An undefined entity makes the document invalid. */
function resolveEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#x([0-9a-f]+);|#([0-9]+);|([a-z]+);)?/gi, (_whole, hex, decimal, entity) => {
    if (hex || decimal) return xmlCharacter(Number.parseInt(hex ?? decimal, hex ? 16 : 10));
    const character = predefined.get(entity);
    if (character === undefined) throw new SyntaxError('undefined entity');
    return character;
  });
}

/** XML allows neither NUL nor half a surrogate pair, and readers of our JSON reject the latter. */
function xmlCharacter(codePoint: number): string {
  const character = String.fromCodePoint(codePoint);
  if (/[\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(character)) return character;
  throw new SyntaxError('not a character of XML');
}
