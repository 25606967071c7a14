import { expect, it } from '@jest/globals';
import { requestHash } from './command.js';

const hash = (request: Record<string, unknown>, method = 'Commit') =>
  requestHash(method, request).toString('hex');

it('requestHash does not depend on the order of names or on the request_id', () => {
  expect(hash({ requestId: '1', a: { x: 1, y: [1, 2] }, b: 2 })).toBe(hash({ b: 2, a: { y: [1, 2], x: 1 } }));
});

it('requestHash depends on the method and on every other value', () => {
  const requests = [{}, { a: 1 }, { a: '1' }, { a: [1] }, { a: { b: 1 } }, { a: [['b', 1]] }, { a: null }];
  expect(new Set([...requests.map((r) => hash(r)), hash({}, 'Release')]).size).toBe(8);
  expect(hash({ a: [1, 2] })).not.toBe(hash({ a: [2, 1] }));
});
