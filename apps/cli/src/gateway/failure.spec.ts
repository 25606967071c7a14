import { status as Code, Metadata, type ServiceError } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import { BadRequest, ErrorInfo, RetryInfo, Status } from '@wxa/contracts';
import { explain, retryDelayMs } from './failure.js';

function failure(code: Code, parts: Record<string, Uint8Array>): ServiceError {
  const details = Object.entries(parts).map(([name, value]) => ({
    typeUrl: `type.googleapis.com/google.rpc.${name}`,
    value: Buffer.from(value),
  }));
  const metadata = new Metadata();
  const status = Status.encode({ code, message: '', details }).finish();
  metadata.set('grpc-status-details-bin', Buffer.from(status));
  return Object.assign(new Error('x'), { code, details: 'rejected\u001b[2J', metadata });
}

const info = (metadata: Record<string, string>) =>
  ErrorInfo.encode({ reason: 'SOME_REASON', domain: 'wxa.code.v1', metadata }).finish();

it('The delay before a repeated call is that of the RetryInfo, or 1 s', () => {
  const retry = RetryInfo.encode({ retryDelay: { seconds: 60n, nanos: 5e8 } }).finish();
  expect(retryDelayMs(failure(Code.UNAVAILABLE, { RetryInfo: retry }))).toBe(60_500);
  expect(retryDelayMs(failure(Code.UNAVAILABLE, {}))).toBe(1_000);
});

describe('explain', () => {
  it('A connection that fails because one side speaks TLS and the other does not names WXA_PLAINTEXT', () => {
    const lines = (details: string) =>
      explain(Object.assign(failure(Code.UNAVAILABLE, {}), { details })).lines.join();
    expect(lines('No connection established. Last error: SSL routines:wrong version number')).toContain(
      'set WXA_PLAINTEXT=1',
    );
    expect(lines('Failed to connect (2026-11-30T02:07:21.742Z). Resolution note: ')).toContain(
      'unset WXA_PLAINTEXT',
    );
  });

  it('An error is explained by its reason, the options of its fields and the rid of WeChat', () => {
    const violation = { field: 'items[0].tag', description: 'too long', reason: '' };
    const fieldViolations = [{ ...violation, localizedMessage: undefined }];
    const error = failure(Code.INVALID_ARGUMENT, {
      ErrorInfo: info({ rid: '66-1' }),
      BadRequest: BadRequest.encode({ fieldViolations }).finish(),
    });
    expect(explain(error)).toEqual({
      lines: [
        'gateway: INVALID_ARGUMENT: SOME_REASON: rejected\ufffd[2J',
        '  --items[0].tag: too long',
        '  rid: 66-1',
      ],
      code: 64,
    });
  });

  it.each([
    [Code.NOT_FOUND, {}, 1],
    [Code.FAILED_PRECONDITION, {}, 1],
    [Code.PERMISSION_DENIED, {}, 77],
    [Code.UNAVAILABLE, {}, 69],
    [Code.RESOURCE_EXHAUSTED, {}, 75],
    [Code.UNAVAILABLE, { api: 'wxa/commit', retryable: 'true' }, 75],
    [Code.INVALID_ARGUMENT, { api: 'wxa/commit', retryable: 'false' }, 1],
  ])('The status %d with the facts %j means exit code %d', (code, facts, expected) => {
    expect(explain(failure(code, { ErrorInfo: info(facts) })).code).toBe(expected);
  });
});
