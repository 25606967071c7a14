import { status as Code } from '@grpc/grpc-js';
import { expect, it } from '@jest/globals';
import type { RpcErrorCategory, RpcErrorReason } from '@wxa/contracts';
import {
  BadRequest,
  CATEGORY_CODES,
  ErrorInfo,
  problem,
  RetryInfo,
  RPC_ERRORS,
  Status,
} from '@wxa/contracts';
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

it('An invalid request has a BadRequest that lists all invalid fields with their reasons, whose arguments are in the ErrorInfo', () => {
  const violations = [
    { field: 'appid', ...problem('REQUIRED') },
    { field: 'items[0].title', ...problem('TEXT_TOO_LONG', { max: 32, actual: 33 }) },
  ];
  const { of } = detailsOf(invalidRequest(violations));
  const long = { description: 'must be at most 32 characters, has 33', reason: 'TEXT_TOO_LONG' };
  expect(BadRequest.decode(of('BadRequest')[0] as Buffer).fieldViolations).toMatchObject([
    { field: 'appid', description: 'required', reason: 'REQUIRED' },
    { field: 'items[0].title', ...long },
  ]);
  const { metadata } = ErrorInfo.decode(of('ErrorInfo')[0] as Buffer);
  expect(metadata.violation_arguments).toBe('[{},{"max":"32","actual":"33"}]');
});

it.each([
  ['ASCII', 'tag', '1'],
  ['Chinese', '标签', '1'],
  ['long', '标签'.repeat(40), '长'.repeat(40)],
])(
  'A BadRequest with 1,000 violations with %s names fits 8 KiB of trailers and says how many are omitted',
  (_, name, actual) => {
    const wrong = problem('NUMBER_OUT_OF_RANGE', { min: 2, max: 3, actual });
    const violations = Array.from({ length: 1000 }, (_, i) => ({ field: `items[${i}].${name}`, ...wrong }));
    const { status, bytes, of } = detailsOf(invalidRequest(violations));
    expect(bytes.toString('base64').length + encodeURI(status.message).length).toBeLessThan(8 * 1024 - 100);
    const listed = BadRequest.decode(of('BadRequest')[0] as Buffer).fieldViolations;
    expect(listed.length).toBeGreaterThan(5);
    const description = `${1000 - (listed.length - 1)} more violations`;
    expect(listed.at(-1)).toMatchObject({ field: '', reason: 'MORE_VIOLATIONS', description });
  },
);

it('RetryInfo contains fractions of a second', () => {
  const [value] = detailsOf(rpcError('STOPPING', 'm', { retryAfterMs: 1500 })).of('RetryInfo');
  expect(RetryInfo.decode(value as Buffer).retryDelay).toEqual({ seconds: 1n, nanos: 500_000_000 });
});
