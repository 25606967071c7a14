import type { PeerCertificate } from 'node:tls';
import { expect, it } from '@jest/globals';
import { Authenticator } from './authenticate.js';

const EXPIRES_AT_MS = Date.parse('Jan 31 12:00:00 2027 GMT');
const certificate = { subject: { CN: 'shop' }, valid_to: 'Jan 31 12:00:00 2027 GMT' } as PeerCertificate;

it('A client certificate identifies its caller until it expires, also on a connection that was opened before', () => {
  let nowMs = EXPIRES_AT_MS - 1;
  const authenticator = new Authenticator(undefined, () => nowMs);
  const identify = () => authenticator.identify([], () => certificate);
  expect(identify()).toMatchObject({ kind: 'mtls', expiresAtMs: EXPIRES_AT_MS });
  nowMs = EXPIRES_AT_MS;
  expect(identify).toThrow(expect.objectContaining({ kind: 'mtls', result: 'expired' }));
});
