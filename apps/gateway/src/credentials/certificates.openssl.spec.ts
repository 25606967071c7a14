import { X509Certificate } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { parseCas, parseIdentity } from './certificates.js';
import { selfSigned } from './fixtures/self-signed.js';

const [one, other] = [selfSigned('127.0.0.1'), selfSigned('127.0.0.2')];
const identity = { certificate: `${one.cert}\n${other.cert}\n`, key: one.key };
const DAY_MS = 86_400_000;

it('A chain and the key of its first certificate are an identity, which expires with that certificate', () => {
  const { certificate, privateKey, expiresAt } = parseIdentity(identity);
  expect([String(certificate), String(privateKey)]).toEqual([identity.certificate, identity.key]);
  expect(expiresAt).toEqual(new Date(new X509Certificate(one.cert).validTo));
});

const cut = identity.certificate.slice(0, -100);
const noBytes = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';

it.each<[string, Partial<typeof identity>, string]>([
  ['the key of another certificate', { key: other.key }, 'the key does not match the certificate'],
  ['a truncated chain', { certificate: cut }, 'a certificate is incomplete'],
  ['a truncated key', { key: one.key.slice(0, 100) }, 'the key cannot be parsed'],
  ['a key of other bytes', { key: 'secret' }, 'cannot be parsed: it must be an unencrypted PEM key'],
  ['no certificate', { certificate: '' }, 'no PEM certificate found'],
  ['a certificate of other bytes', { certificate: noBytes }, 'a certificate cannot be parsed'],
])('A pair with %s is rejected, without its key in the error', (_name, pair, message) => {
  expect(() => parseIdentity({ ...identity, ...pair })).toThrow(message);
  expect(() => parseIdentity({ ...identity, ...pair })).toThrow(/^(?!.*secret)/);
});

it('A certificate is rejected after its validity and before it', () => {
  expect(() => parseIdentity(identity, Date.now() + 2 * DAY_MS)).toThrow('not now');
  expect(() => parseIdentity(identity, Date.now() - 2 * DAY_MS)).toThrow('not now');
});

it('A bundle expires with the first of its CAs, and an incomplete one is rejected', () => {
  expect(parseCas(identity.certificate).expiresAt.getTime()).toBeGreaterThan(Date.now());
  expect(() => parseCas(identity.certificate.slice(0, -100))).toThrow('a certificate is incomplete');
  expect(() => parseCas('')).toThrow('no PEM certificate found');
});
