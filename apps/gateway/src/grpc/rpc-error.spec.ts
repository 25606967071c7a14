import { status as Code } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import { BadRequest, ErrorInfo, RetryInfo, Status } from '@wxa/contracts';
import { cut } from '@wxa/methods';
import { invalidRequest, operationFailed, type RpcError, rpcError } from './rpc-error.js';
import { CATEGORY_CODES, type Category, RPC_ERRORS, type RpcErrorReason } from './rpc-error-table.js';

function detailsOf(refusal: RpcError) {
  const { code, metadata } = refusal.getError() as { code: Code; metadata: import('@grpc/grpc-js').Metadata };
  const [bytes] = metadata.get('grpc-status-details-bin');
  if (!Buffer.isBuffer(bytes)) throw new Error('no details');
  const status = Status.decode(bytes);
  const of = (type: string) =>
    status.details.filter(({ typeUrl }) => typeUrl.endsWith(`google.rpc.${type}`)).map(({ value }) => value);
  return { code, status, bytes, of };
}

describe('every refusal', () => {
  it.each(Object.keys(RPC_ERRORS) as RpcErrorReason[])(
    '%s has one ErrorInfo, and RetryInfo where a retry helps',
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

  it.each<[Category, Code]>([
    ['BUSY', Code.UNAVAILABLE],
    ['TRANSPORT', Code.UNAVAILABLE],
    ['DEADLINE', Code.UNAVAILABLE],
    ['RATE', Code.RESOURCE_EXHAUSTED],
    ['QUOTA', Code.RESOURCE_EXHAUSTED],
    ['TOKEN', Code.FAILED_PRECONDITION],
    ['STATE', Code.FAILED_PRECONDITION],
    ['PERMISSION', Code.PERMISSION_DENIED],
    ['CONTENT', Code.INVALID_ARGUMENT],
    ['REQUEST', Code.INVALID_ARGUMENT],
    ['INTERNAL', Code.INTERNAL],
  ])('of an operation that failed with %s has the status of the contract', (category, code) => {
    expect(CATEGORY_CODES[category]).toBe(code);
    expect(operationFailed({ reason: 'X', category, retryable: false }, 'm').code).toBe(code);
  });
});

describe('cut', () => {
  it.each([
    ['short 🎉', 'short 🎉'],
    ['🎉'.repeat(10), '🎉'.repeat(10)],
    ['🎉'.repeat(11), `${'🎉'.repeat(9)}…`],
    [`x${'🎉'.repeat(500)}`, `x${'🎉'.repeat(8)}…`],
    ['half \ud83d', 'half \ufffd'],
  ])('of %j is %j', (text, expected) => {
    expect(cut(text, 10)).toBe(expected);
  });
});

describe('BadRequest', () => {
  it('names all fields', () => {
    const violations = [
      { field: 'appid', description: 'required' },
      { field: 'items[0].tag', description: 'too long' },
    ];
    const [value] = detailsOf(invalidRequest(violations)).of('BadRequest');
    expect(BadRequest.decode(value as Buffer).fieldViolations).toMatchObject(violations);
  });

  it('stays small enough for a header, and says what it left out', () => {
    const violations = Array.from({ length: 1000 }, (_, i) => ({
      field: `items[${i}].tag`,
      description: '长'.repeat(20),
    }));
    const { bytes, of } = detailsOf(invalidRequest(violations));
    expect(bytes.length).toBeLessThan(6000);
    const told = BadRequest.decode(of('BadRequest')[0] as Buffer).fieldViolations;
    expect(told.at(-1)?.description).toBe(`and ${1000 - (told.length - 1)} more invalid fields`);
  });
});

describe('RetryInfo', () => {
  it('keeps parts of a second', () => {
    const [value] = detailsOf(rpcError('STOPPING', 'm', { retryAfterMs: 1500 })).of('RetryInfo');
    expect(RetryInfo.decode(value as Buffer).retryDelay).toEqual({ seconds: 1n, nanos: 500_000_000 });
  });
});
