import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import type { Logger } from '@wxa/service';
import { parseCas, parseIdentity, ServerCertificates } from './certificates.js';
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

it('A certificate and a client CA that cannot be used any more are each logged under their own setting', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'certificates-'));
  const file = (name: string) => join(folder, `${name}.pem`);
  const files = { certificate: file('certificate'), key: file('key'), clientCa: file('ca') };
  writeFileSync(files.certificate, one.cert);
  writeFileSync(files.key, one.key);
  writeFileSync(files.clientCa, other.cert);
  const errors: object[] = [];
  const logger = { error: (fields: object) => errors.push(fields) } as unknown as Logger;
  const certificates = new ServerCertificates({ ...files, requireClientCertificate: true }, logger);
  try {
    writeFileSync(files.clientCa, cut);
    await certificates.readAgain();
    writeFileSync(files.key, other.key);
    await certificates.readAgain();
  } finally {
    certificates.stop();
    rmSync(folder, { recursive: true });
  }
  expect(errors).toMatchObject([
    { setting: 'GRPC_TLS_CLIENT_CA_FILE', error: 'a certificate is incomplete' },
    { setting: 'GRPC_TLS_CERT_FILE', error: 'the key does not match the certificate' },
  ]);
});
