import { expect, it } from '@jest/globals';
import { packHeaders } from './received-record.js';

it('Packed headers are returned byte for byte from memory of their own', () => {
  const shared = Buffer.from('..CodeCommand\u00ff..');
  const headers = { ce_type: shared.subarray(2, -2), ce_id: Buffer.from('1'), empty: Buffer.alloc(0) };
  const expected = { ...headers, ce_type: Buffer.from(headers.ce_type) };
  const packed = packHeaders(headers);
  shared.fill(0);
  expect(packed()).toEqual(expected);
  const [first] = Object.values(packed() ?? {}) as Buffer[];
  expect(first?.buffer.byteLength).toBe(expected.ce_type.length + 1);
});

it('Headers that are repeated, not bytes or missing are kept unchanged', () => {
  const headers = { again: [Buffer.from('a'), 'b'], text: 'c', none: undefined };
  expect(packHeaders(headers)()).toEqual(headers);
  expect(packHeaders(undefined)()).toEqual({});
});
