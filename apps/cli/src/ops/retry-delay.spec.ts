import { Metadata } from '@grpc/grpc-js';
import { expect, it } from '@jest/globals';
import { RetryInfo, Status } from '@wxa/contracts';
import { retryDelayMs } from './retry-delay.js';

it('retryDelayMs returns the delay of a RetryInfo in milliseconds, and undefined without one.', () => {
  const value = Buffer.from(RetryInfo.encode({ retryDelay: { seconds: 60n, nanos: 5e8 } }).finish());
  const details = [{ typeUrl: 'type.googleapis.com/google.rpc.RetryInfo', value }];
  const metadata = new Metadata();
  expect(retryDelayMs({ metadata })).toBeUndefined();
  const status = Status.encode({ code: 14, message: '', details }).finish();
  metadata.set('grpc-status-details-bin', Buffer.from(status));
  expect(retryDelayMs({ metadata })).toBe(60_500);
});
