import { describe, expect, it } from '@jest/globals';
import { MiniProgramSettings } from '@wxa/contracts';
import fc from 'fast-check';
import { mergedExtJson, shownExtJson } from './ext-json.js';

const APPID = 'wx0123456789abcdef';
const merge = (base: string, extPatches: string[], requiredExtPointers: string[] = []) =>
  mergedExtJson(
    base,
    { extPatches, settings: MiniProgramSettings.fromPartial({ requiredExtPointers }) },
    APPID,
  );
const textOf = (base: string, ...patches: string[]) => {
  const found = merge(base, patches);
  return found.kind === 'merged' ? found.text : found;
};

describe('mergedExtJson', () => {
  it('The patches are applied one after the other, and numbers keep their digits', () => {
    expect(
      textOf(
        '{"ext":{"a":1,"b":1.10}}',
        '{"ext":{"a":null,"c":12345678901234567890}}',
        '{"ext":{"c":{"d":1}}}',
      ),
    ).toBe('{"ext":{"b":1.10,"c":{"d":1}}}');
    expect(textOf('{"a":{"x":1}}', '{"a":"text"}', '{"a":{"y":2}}')).toBe('{"a":{"y":2}}');
  });

  it('With extEnable the appid is set, and another one is refused; without it nothing is set', () => {
    expect(textOf('{}', '{"extEnable":true}')).toBe(`{"extEnable":true,"extAppid":"${APPID}"}`);
    expect(textOf(`{"extEnable":true,"extAppid":"${APPID}"}`)).toContain(APPID);
    expect(merge('{"extEnable":true,"extAppid":"wx1"}', [])).toEqual({
      kind: 'other-appid',
      extAppid: '"wx1"',
    });
    expect(textOf('{"extEnable":false,"extAppid":"wx1"}')).toBe('{"extEnable":false,"extAppid":"wx1"}');
    expect(textOf('{}')).toBe('{}');
  });

  it('Required pointers need a value other than null, in objects and lists, also with escaped names', () => {
    const base = '{"ext":{"a/b":0,"m~n":""},"list":[{"x":false}],"none":null,"n":1.0}';
    const given = ['/ext/a~1b', '/ext/m~0n', '/list/0/x', '/n'];
    expect(merge(base, [], given).kind).toBe('merged');
    const missing = ['/ext/c', '/none', '/list/1', '/list/-', '/n/value', '/ext/toString', '/list/length'];
    expect(merge(base, [], [...given, ...missing])).toEqual({ kind: 'missing', pointers: missing });
    expect(merge(base, ['{"none":1,"ext":{"c":1}}'], ['/none', '/ext/c']).kind).toBe('merged');
    expect(merge('{}', ['{"extEnable":true}'], ['/extAppid']).kind).toBe('merged');
  });

  it('Texts of more than 768 KiB together are not merged', () => {
    const text = `{"a":"${'x'.repeat(400_000)}"}`;
    expect(merge(text, ['{"b":1}']).kind).toBe('merged');
    expect(merge(text, [text])).toEqual({ kind: 'too-large', max: 786_432, actual: 800_016 });
  });

  it('A base that names a member twice is a SyntaxError', () => {
    expect(() => merge('{"a":1,"a":2}', [])).toThrow(SyntaxError);
  });
});

describe('shownExtJson', () => {
  it('It is the patch of one layer as it stands, and removals are kept', () => {
    expect([shownExtJson([]), shownExtJson([' {"a": 1} '])]).toEqual(['', ' {"a": 1} ']);
    expect(shownExtJson(['{"a":1,"b":{"c":1}}', '{"a":null,"b":{"d":null}}'])).toBe(
      '{"a":null,"b":{"c":1,"d":null}}',
    );
  });

  it('Applied to any base it has the effect of all patches, unless one replaces a value that is no object by an object', () => {
    const value = fc.oneof(fc.constant(null), fc.constantFrom({}, { x: 1 }, { x: null }, { y: 2 }));
    const object = fc.dictionary(fc.constantFrom('a', 'b'), value);
    const replaces = (first: object, second: object) =>
      Object.entries(second).some(([name, to]) => to !== null && Reflect.get(first, name) === null);
    fc.assert(
      fc.property(object, object, object, (base, first, second) => {
        fc.pre(!replaces(first, second));
        const [text, ...patches] = [base, first, second].map((json) => JSON.stringify(json)) as [
          string,
          string,
          string,
        ];
        expect(JSON.parse(String(textOf(text, shownExtJson(patches))))).toEqual(
          JSON.parse(String(textOf(text, ...patches))),
        );
      }),
    );
  });
});
