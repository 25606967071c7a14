import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { parseCas, parseIdentity } from './certificates.js';
import { selfSigned } from './fixtures/self-signed.js';

const [one, other] = [selfSigned('127.0.0.1'), selfSigned('127.0.0.2')];
const identity = { certificate: `${one.cert}\n${other.cert}\n`, key: one.key };
const DAY_MS = 86_400_000;

describe('parseIdentity', () => {
  it('A chain and the key of its first certificate are an identity, which expires with that certificate', () => {
    const { certificate, privateKey, expiresAt } = parseIdentity(identity);
    expect([String(certificate), String(privateKey)]).toEqual([identity.certificate, identity.key]);
    expect(expiresAt).toEqual(new Date(new X509Certificate(one.cert).validTo));
  });

  it.each([
    [
      'the key of another certificate',
      { ...identity, key: other.key },
      'the key does not match the certificate',
    ],
    [
      'a truncated chain',
      { ...identity, certificate: identity.certificate.slice(0, -100) },
      'a certificate is incomplete',
    ],
    ['a truncated key', { ...identity, key: one.key.slice(0, 100) }, 'the key cannot be parsed'],
    ['no certificate', { ...identity, certificate: '' }, 'no PEM certificate found'],
    [
      'a certificate of other bytes',
      { ...identity, certificate: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' },
      'a certificate cannot be parsed',
    ],
  ])('A pair with %s is rejected', (_name, pair, message) => {
    expect(() => parseIdentity(pair)).toThrow(message);
  });

  it('A certificate is rejected after its validity and before it', () => {
    expect(() => parseIdentity(identity, Date.now() + 2 * DAY_MS)).toThrow('not now');
    expect(() => parseIdentity(identity, Date.now() - 2 * DAY_MS)).toThrow('not now');
  });

  it('An error does not contain the key', () => {
    expect(() => parseIdentity({ ...identity, key: 'secret' })).toThrow(
      'the key cannot be parsed: it must be an unencrypted PEM key',
    );
  });
});

describe('parseCas', () => {
  it('A bundle expires with the first of its CAs, and an incomplete one is rejected', () => {
    expect(parseCas(identity.certificate).expiresAt.getTime()).toBeGreaterThan(Date.now());
    expect(() => parseCas(identity.certificate.slice(0, -100))).toThrow('a certificate is incomplete');
    expect(() => parseCas('')).toThrow('no PEM certificate found');
  });
});
