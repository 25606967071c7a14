import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import {
  authority,
  folder,
  ours,
  policy,
  reasonOf,
  theirs,
  URI,
  useCertificates,
} from '../gateway/certificates.js';
import { wxa } from '../wxa.js';

const gateways = useCertificates(['required', 'optional']);

it('A client without a certificate or with one of another CA cannot connect if certificates are required', async () => {
  const foreign = await authority(theirs).issue('foreign', { cn: 'x', names: [`URI:${URI}`] });
  expect(await reasonOf(gateways.required)).toBe('UNAVAILABLE');
  expect(await reasonOf(gateways.required, foreign)).toBe('UNAVAILABLE');
  expect(await reasonOf(gateways.required, undefined, policy.headers('app'))).toBe('UNAVAILABLE');
});

it('If certificates are optional, an untrusted one is ignored and an API key identifies the caller', async () => {
  const [ourOwn, foreign] = await Promise.all(
    [ours, theirs].map((each) => authority(each).issue('optional', { cn: 'x', names: [`URI:${URI}`] })),
  );
  expect(await reasonOf(gateways.optional, ourOwn)).toBe('OPERATION_NOT_FOUND');
  expect(await reasonOf(gateways.optional, foreign)).toBe('CALLER_UNKNOWN');
  expect(await reasonOf(gateways.optional)).toBe('CALLER_UNKNOWN');
  expect(await reasonOf(gateways.optional, foreign, policy.headers('app'))).toBe('OPERATION_NOT_FOUND');
  expect(await reasonOf(gateways.optional, undefined, policy.headers('app'))).toBe('OPERATION_NOT_FOUND');
});

it('An authorization header decides, even if it is invalid and the certificate is valid', async () => {
  const certificate = await authority(ours).issue('header', { cn: 'x', names: [`URI:${URI}`] });
  expect(await reasonOf(gateways.required, certificate, { authorization: 'Bearer nonsense' })).toBe(
    'CALLER_UNKNOWN',
  );
  expect(await reasonOf(gateways.required, certificate, policy.headers('app'))).toBe('OPERATION_NOT_FOUND');
});

it('wxa calls a gateway whose certificate is of WXA_CA_FILE with the API key of WXA_TOKEN_FILE', async () => {
  const key = join(folder, 'key');
  await writeFile(key, `${policy.headers('app').authorization?.replace('Bearer ', '')}\n`);
  const env = { WXA_GATEWAY: gateways.optional.grpc, WXA_CA_FILE: authority(ours).ca, WXA_TOKEN_FILE: key };
  expect(await wxa(['ops', 'list', '--json'], env)).toMatchObject({ code: 0 });
});
