import { XMLParser, XMLValidator } from 'fast-xml-parser';

/** Far above any callback of WeChat (a few KB); longer documents are rejected unparsed. In UTF-16 code units. */
export const maxXmlLength = 1024 * 1024;

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
});

/**
 * Returns the children of `<xml>` as a flat map of texts; undefined for anything but one well-formed document without
 * DOCTYPE of at most `maxXmlLength`. Entities outside CDATA are resolved and blanks trimmed. The first of repeated
 * tags counts, so that nothing appended can replace the content.
 */
export function parseXml(text: string): Record<string, string> | undefined {
  if (text.length > maxXmlLength || declaresAnything(text)) return undefined;
  try {
    // The parser alone accepts plain text and mismatched tags.
    if (XMLValidator.validate(text) !== true) return undefined;
    const roots: XmlNode[] = parser.parse(text);
    const children = roots.find((node) => 'xml' in node)?.xml;
    return Array.isArray(children) ? toFields(children) : undefined;
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

function toFields(children: XmlNode[]): Record<string, string> {
  const fields = new Map<string, string>();
  for (const child of children) {
    for (const [name, value] of Object.entries(child)) {
      if (!name.startsWith('#') && !fields.has(name)) fields.set(name, textOf(value).trim());
    }
  }
  return Object.fromEntries(fields);
}

function textOf(value: XmlNode[] | string): string {
  if (typeof value === 'string') return value;
  return value.flatMap((node) => Object.entries(node).map(([name, inner]) => textIn(name, inner))).join('');
}

function textIn(name: string, inner: XmlNode[] | string): string {
  return name === '#text' && typeof inner === 'string' ? resolveEntities(inner) : cdataOrNested(name, inner);
}

function cdataOrNested(name: string, inner: XmlNode[] | string): string {
  if (name !== '#cdata' || typeof inner === 'string') return textOf(inner);
  return inner.map((node) => (typeof node['#text'] === 'string' ? node['#text'] : '')).join('');
}

const predefined: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** One pass, so that `&amp;lt;` becomes `&lt;` and not `<`. An undefined entity makes the document invalid. */
function resolveEntities(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#([0-9]+)|([^;&]+));/gi, (_whole, hex, decimal, name) => {
    if (hex || decimal) return xmlCharacter(Number.parseInt(hex ?? decimal, hex ? 16 : 10));
    const character = predefined[name];
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
