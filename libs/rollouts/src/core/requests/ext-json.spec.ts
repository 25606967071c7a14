import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { APPID } from '../fixtures/samples.js';
import { mergeExtJson } from './request-of.js';

const merge = (extJson: string, patch: string | null) => mergeExtJson(extJson, [patch], APPID);
const merged = (extJson: string, patch: string) => {
  const { extAppid: _, ...rest } = JSON.parse(merge(extJson, patch)) as Record<string, unknown>;
  return rest;
};

it('extAppid is set, whatever the texts say', () => {
  expect(merge('', null)).toBe(`{"extAppid":"${APPID}"}`);
  expect(merge('{"extAppid":"wx1"}', '{"extAppid":"wx2"}')).toBe(`{"extAppid":"${APPID}"}`);
});

// The examples of RFC 7396, appendix A, whose target and patch are objects.
it.each([
  ['{"a":"b"}', '{"a":"c"}', { a: 'c' }],
  ['{"a":"b"}', '{"b":"c"}', { a: 'b', b: 'c' }],
  ['{"a":"b"}', '{"a":null}', {}],
  ['{"a":"b","b":"c"}', '{"a":null}', { b: 'c' }],
  ['{"a":["b"]}', '{"a":"c"}', { a: 'c' }],
  ['{"a":"c"}', '{"a":["b"]}', { a: ['b'] }],
  ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', { a: { b: 'd' } }],
  ['{"a":[{"b":"c"}]}', '{"a":[1]}', { a: [1] }],
  ['{"e":null}', '{"a":1}', { e: null, a: 1 }],
  ['{}', '{"a":{"bb":{"ccc":null}}}', { a: { bb: {} } }],
])('%s with the patch %s', (base, patch, result) => {
  expect(merged(base, patch)).toEqual(result);
});

it('Numbers keep their digits', () => {
  const text = merge('{"id":12345678901234567890,"x":1.10}', '{"y":1e400}');
  expect(text).toBe(`{"id":12345678901234567890,"x":1.10,"y":1e400,"extAppid":"${APPID}"}`);
});

it('A member named __proto__ is kept', () => {
  expect(merge('{"__proto__":{"a":1}}', '{"__proto__":{"b":2}}')).toBe(
    `{"__proto__":{"a":1,"b":2},"extAppid":"${APPID}"}`,
  );
});

it('A text that is not JSON is refused', () => {
  expect(() => merge('{', null)).toThrow(SyntaxError);
});

it('Members that the patch does not name stay, and the same patch applied again changes nothing', () => {
  const object = fc.dictionary(fc.string(), fc.oneof(fc.integer(), fc.string(), fc.constant(null)));
  fc.assert(
    fc.property(object, object, (base, patch) => {
      const once = merge(JSON.stringify(base), JSON.stringify(patch));
      expect(merge(once, JSON.stringify(patch))).toBe(once);
    }),
  );
});
