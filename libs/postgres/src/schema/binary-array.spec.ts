import { expect, it } from '@jest/globals';
import { binaryArray } from './binary-array.js';

it('An array has a header, and each element its size and its bytes', () => {
  expect(binaryArray('text', ['a"\\', null, '小']).toString('hex')).toBe(
    ['00000001', '00000001', '00000019', '00000003', '00000001']
      .concat('00000003', '61225c', 'ffffffff', '00000003', 'e5b08f')
      .join(''),
  );
});

it.each([
  ['boolean', true, '01'],
  ['boolean', false, '00'],
  ['smallint', -2, 'fffe'],
  ['int', 70_000, '00011170'],
  ['bigint', '4611686018427387904', '4000000000000000'],
  ['bigint', -1n, 'ffffffffffffffff'],
  ['float8', 0.5, '3fe0000000000000'],
  ['bytea', Buffer.from([0, 255]), '00ff'],
  ['timestamptz', new Date('2000-01-01T00:00:00.001Z'), '00000000000003e8'],
  ['timestamptz', new Date('1999-12-31T23:59:59.999Z'), 'fffffffffffffc18'],
  ['uuid', '01900000-0000-7000-8000-0000000000FF', '019000000000700080000000000000ff'],
] as const)('A %s is written in the binary format of PostgreSQL: %s', (type, value, hex) => {
  expect(binaryArray(type, [value]).subarray(24).toString('hex')).toBe(hex);
});

it.each([
  ['uuid', '01900000-0000-7000-8000-00000000000g'],
  ['timestamptz', new Date(Number.NaN)],
] as const)('A %s that PostgreSQL would reject is not sent: %s', (type, value) => {
  expect(() => binaryArray(type, [value])).toThrow();
});
