import { status as Code } from '@grpc/grpc-js';
import { expect, it } from '@jest/globals';
import type { RpcErrorCategory, RpcErrorReason } from '@wxa/contracts';
import { BadRequest, CATEGORY_CODES, ErrorInfo, RetryInfo, RPC_ERRORS, Status } from '@wxa/contracts';
import { cut } from '@wxa/methods';
import { invalidRequest, operationFailed, type RpcError, rpcError } from './rpc-error.js';

function detailsOf(error: RpcError) {
  const { code, metadata } = error.getError() as { code: Code; metadata: import('@grpc/grpc-js').Metadata };
  const [bytes] = metadata.get('grpc-status-details-bin');
  if (!Buffer.isBuffer(bytes)) throw new Error('no details');
  const status = Status.decode(bytes);
  const of = (type: string) =>
    status.details.filter(({ typeUrl }) => typeUrl.endsWith(`google.rpc.${type}`)).map(({ value }) => value);
  return { code, status, bytes, of };
}

it.each(Object.keys(RPC_ERRORS) as RpcErrorReason[])(
  'An error %s has one ErrorInfo, and a RetryInfo if a retry can succeed',
  (reason) => {
    const { code, status, of } = detailsOf(rpcError(reason, 'why'));
    expect(status).toMatchObject({ code, message: 'why' });
    const infos = of('ErrorInfo').map((value) => ErrorInfo.decode(value));
    expect(infos).toMatchObject([{ reason, domain: 'wxa.code.v1' }]);
    const retryable = code === Code.UNAVAILABLE || code === Code.RESOURCE_EXHAUSTED;
    expect(of('RetryInfo').length).toBe(retryable ? 1 : 0);
    expect(infos[0]?.metadata.retryable).toBe(String(retryable));
  },
);

it.each<[RpcErrorCategory[], Code]>([
  [['BUSY', 'TRANSPORT', 'DEADLINE'], Code.UNAVAILABLE],
  [['RATE', 'QUOTA'], Code.RESOURCE_EXHAUSTED],
  [['TOKEN', 'STATE'], Code.FAILED_PRECONDITION],
  [['PERMISSION'], Code.PERMISSION_DENIED],
  [['CONTENT', 'REQUEST'], Code.INVALID_ARGUMENT],
  [['INTERNAL'], Code.INTERNAL],
])('The error of an operation that failed with category %j has gRPC status %d', (categories, code) => {
  for (const category of categories) {
    expect(CATEGORY_CODES[category]).toBe(code);
    expect(operationFailed({ reason: 'X', category, retryable: false }, 'm').code).toBe(code);
  }
});

it.each([
  ['short 🎉', 'short 🎉'],
  ['🎉'.repeat(10), '🎉'.repeat(10)],
  ['🎉'.repeat(11), `${'🎉'.repeat(9)}…`],
  [`x${'🎉'.repeat(500)}`, `x${'🎉'.repeat(8)}…`],
  ['half \ud83d', 'half \ufffd'],
])('cut of %j to 10 characters returns %j', (text, expected) => {
  expect(cut(text, 10)).toBe(expected);
});

it('An invalid request has a BadRequest that lists all invalid fields', () => {
  const violations = [
    { field: 'appid', description: 'required' },
    { field: 'items[0].tag', description: 'too long' },
  ];
  const [value] = detailsOf(invalidRequest(violations)).of('BadRequest');
  expect(BadRequest.decode(value as Buffer).fieldViolations).toMatchObject(violations);
});

it('A BadRequest with 1,000 violations is cut to under 6,000 bytes and says how many are omitted', () => {
  const description = '长'.repeat(20);
  const violations = Array.from({ length: 1000 }, (_, i) => ({ field: `items[${i}].tag`, description }));
  const { bytes, of } = detailsOf(invalidRequest(violations));
  expect(bytes.length).toBeLessThan(6000);
  const listed = BadRequest.decode(of('BadRequest')[0] as Buffer).fieldViolations;
  expect(listed.at(-1)?.description).toBe(`${1000 - (listed.length - 1)} more violations`);
});

it('RetryInfo contains fractions of a second', () => {
  const [value] = detailsOf(rpcError('STOPPING', 'm', { retryAfterMs: 1500 })).of('RetryInfo');
  expect(RetryInfo.decode(value as Buffer).retryDelay).toEqual({ seconds: 1n, nanos: 500_000_000 });
});
