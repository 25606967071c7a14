import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { maxCallbackLength } from './callback-tree.js';
import { parseXml } from './callback-xml.js';

const { vectors }: { vectors: { id: string; envelope?: string; encrypt: string }[] } = JSON.parse(
  readFileSync(new URL('../../fixtures/crypto-vectors.json', import.meta.url), 'utf8'),
);

it.each(vectors.filter((v) => v.envelope))('parseXml finds Encrypt in the envelope of $id', (v) => {
  expect(parseXml(v.envelope ?? '')?.Encrypt).toBe(v.encrypt);
});

it.each([
  ['numbers as their text', '<xml><a>1.10</a><b>007</b><c>1e3</c></xml>', { a: '1.10', b: '007', c: '1e3' }],
  ['CDATA untouched', '<xml><a><![CDATA[1:x<br>&lt;]]></a></xml>', { a: '1:x<br>&lt;' }],
  ['entities in text once', '<xml><a>&lt;br&gt;&amp;lt;&#65;&#x4e2d;</a></xml>', { a: '<br>&lt;A中' }],
  ['text and CDATA side by side', '<xml><a>x<![CDATA[<y>]]>z</a></xml>', { a: 'x<y>z' }],
  ['an empty element', '<xml><a/><b></b><c><![CDATA[]]></c></xml>', { a: '', b: '', c: '' }],
  ['nested elements by their text', '<xml><a><b>1</b><c>2</c></a></xml>', { a: '12' }],
  ['the first of repeated tags', '<xml><a>1</a><a>2</a></xml>', { a: '1' }],
  ['a declaration and blanks around', '<?xml version="1.0"?>\n<xml>\n <a> 1 </a>\n</xml>\n', { a: '1' }],
  ['a DOCTYPE that is only text', '<xml><a><![CDATA[<!DOCTYPE x>]]></a></xml>', { a: '<!DOCTYPE x>' }],
  ['a DOCTYPE in a comment as nothing', '<xml><!-- <!DOCTYPE x> --><a>1</a></xml>', { a: '1' }],
  ['comments as nothing', '<xml><!-- <a>0</a> --><a>1</a></xml>', { a: '1' }],
  ['no children', '<xml></xml>', {}],
])('parseXml reads %s', (_name, text, fields) => {
  expect(parseXml(text)).toEqual(fields);
});

it.each(['__proto__', 'constructor', 'prototype', 'toString'])(
  'parseXml reads a tag of the name %s',
  (name) => {
    const fields = parseXml(`<xml><a>1</a><${name}>2</${name}><b><${name}/>3</b></xml>`) ?? {};
    expect(Object.entries(fields).join()).toBe(`a,1,${name},2,b,3`);
  },
);

it.each([
  ['nothing', ''],
  ['plain text', 'hello'],
  ['JSON', '{"a":1}'],
  ['another root', '<html><a>1</a></html>'],
  ['two roots', '<xml></xml><xml></xml>'],
  ['text after the root', '<xml></xml>x'],
  ['mismatched tags', '<xml><a>1</b></xml>'],
  ['an unclosed tag', '<xml><a>1</a>'],
  ['an unclosed CDATA', '<xml><a><![CDATA[x</a></xml>'],
  ['a bare ampersand', '<xml><a>a & b</a></xml>'],
  ['an undefined entity', '<xml><a>&xxe;</a></xml>'],
  ['an invalid code point', '<xml><a>&#x110000;</a></xml>'],
  ['half a surrogate pair', '<xml><a>&#xd83d;</a></xml>'],
  ['NUL', '<xml><a>&#0;</a></xml>'],
  ['a DOCTYPE', '<!DOCTYPE foo [<!ENTITY xxe SYSTEM "file:///etc/passwd">]><xml><a>1</a></xml>'],
  ['a doctype in lower case', '<!doctype xml><xml><a>1</a></xml>'],
  ['endless nesting', `<xml>${'<a>'.repeat(5000)}${'</a>'.repeat(5000)}</xml>`],
  ['more tags than a callback can have', `<xml>${'<a/>'.repeat(50_000)}</xml>`],
  ['a document beyond the limit', `<xml><a>${'x'.repeat(maxCallbackLength)}</a></xml>`],
])('parseXml rejects %s', (_name, text) => {
  expect(parseXml(text)).toBe(undefined);
});

it('parseXml does not throw for any text', () => {
  const part = fc.oneof(
    fc.constantFrom('<xml>', '</xml>', '<a>', '</a>', '<![CDATA[', ']]>', '<!--', '&#', ';'),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      expect(() => parseXml(parts.join(''))).not.toThrow();
    }),
  );
});

it('parseXml returns any CDATA text unchanged', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      fc.pre(!text.includes(']]>') && !text.includes('\r'));
      expect(parseXml(`<xml><a><![CDATA[${text}]]></a></xml>`)).toEqual({ a: text.trim() });
    }),
  );
});
