import { expect, it } from '@jest/globals';
import { newOperation, requestHash } from './command.js';

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

it('An operation stores its request, and its hash, which its command has too, is that of the request as it was given', () => {
  const given = { appid: 'wx1', requestId: 'r', fromSettings: true };
  const request = { appid: 'wx1', requestId: 'r', domains: { request: ['https://a.cn'] } };
  const common = {
    id: 'an-id',
    createdAt: new Date(0),
    traceparent: 't',
    method: 'SetServerDomains',
  } as const;
  const operation = newOperation({ ...common, request, asGiven: given }, 'test');
  expect(operation.requestHash.toString('hex')).toBe(hash(given, 'SetServerDomains'));
  expect(JSON.parse(operation.request)).toEqual(request);
  expect(JSON.parse(operation.command.value)).toMatchObject({
    setServerDomains: request,
    requestHash: operation.requestHash.toString('base64'),
  });
  const same = newOperation({ ...common, request }, 'test');
  expect(JSON.parse(same.command.value)).not.toHaveProperty('requestHash');
});
