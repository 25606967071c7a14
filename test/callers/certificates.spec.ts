import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { expect, it } from '@jest/globals';
import { type Certificate, freePort } from '@wxa/stack';
import {
  authority,
  folder,
  issued,
  ours,
  policy,
  reasonOf,
  useCertificates,
} from '../gateway/certificates.js';
import { COMPONENT_SETTINGS } from '../gateway/component-settings.js';
import { wxa } from '../wxa.js';

/** Where tokens are read. */
const addresses = { required: '', optional: '' };
const gateways = useCertificates(['required', 'optional'], async (kind) => {
  addresses[kind] = `127.0.0.1:${await freePort()}`;
  return { ...COMPONENT_SETTINGS, TOKEN_SERVICE_ADDR: addresses[kind] };
});

it('A client without a certificate or with one of another CA cannot connect if certificates are required', async () => {
  const [, foreign] = await issued('required');
  expect(await reasonOf(gateways.required)).toBe('UNAVAILABLE');
  expect(await reasonOf(gateways.required, foreign)).toBe('UNAVAILABLE');
  expect(await reasonOf(gateways.required, undefined, policy.headers('app'))).toBe('UNAVAILABLE');
});

it('If certificates are optional, an untrusted one is ignored and an API key identifies the caller', async () => {
  const [own, foreign] = await issued('optional');
  expect(await reasonOf(gateways.optional, own)).toBe('OPERATION_NOT_FOUND');
  expect(await reasonOf(gateways.optional, foreign)).toBe('CALLER_UNKNOWN');
  expect(await reasonOf(gateways.optional)).toBe('CALLER_UNKNOWN');
  expect(await reasonOf(gateways.optional, foreign, policy.headers('app'))).toBe('OPERATION_NOT_FOUND');
  expect(await reasonOf(gateways.optional, undefined, policy.headers('app'))).toBe('OPERATION_NOT_FOUND');
});

it('An authorization header decides, even if it is invalid and the certificate is valid', async () => {
  const [own] = await issued('header');
  const nonsense = { authorization: 'Bearer nonsense' };
  expect(await reasonOf(gateways.required, own, nonsense)).toBe('CALLER_UNKNOWN');
  expect(await reasonOf(gateways.required, own, policy.headers('app'))).toBe('OPERATION_NOT_FOUND');
});

/** The reason of a read of a token: CALLER_NOT_ALLOWED if its caller is known. Rejects if the connection is refused. */
async function reasonOfRead(kind: 'required' | 'optional', certificate?: Certificate, headers = {}) {
  const [ca, cert, key] = await Promise.all(
    [authority(ours).ca, certificate?.cert, certificate?.key].map((path) => path && readFile(path)),
  );
  const client = { ca, headers, agent: false, ...(cert && key && { cert, key }) };
  const sent = request(`https://${addresses[kind]}/token?appid=wx0123456789abcdef`, client);
  const [response] = (await once(sent.end(), 'response')) as [IncomingMessage];
  return ((await json(response)) as { error: { reason: string } }).error.reason;
}

it('A reader of tokens is known by its client certificate, which must be of the CA; if it is optional, by an API key too', async () => {
  const [own, foreign] = await issued('reader');
  expect(await reasonOfRead('required', own)).toBe('CALLER_NOT_ALLOWED');
  await expect(reasonOfRead('required', foreign)).rejects.toThrow();
  await expect(reasonOfRead('required', undefined, policy.headers('app'))).rejects.toThrow();
  expect(await reasonOfRead('optional', own)).toBe('CALLER_NOT_ALLOWED');
  expect(await reasonOfRead('optional', foreign)).toBe('CALLER_UNKNOWN');
  expect(await reasonOfRead('optional', undefined, policy.headers('app'))).toBe('CALLER_NOT_ALLOWED');
  expect(await reasonOfRead('optional', own, { authorization: 'Bearer nonsense' })).toBe('CALLER_UNKNOWN');
});

it('wxa calls a gateway whose certificate is of WXA_CA_FILE with the API key of WXA_TOKEN_FILE', async () => {
  const key = join(folder, 'key');
  await writeFile(key, `${policy.headers('app').authorization?.replace('Bearer ', '')}\n`);
  const env = { WXA_GATEWAY: gateways.optional.grpc, WXA_CA_FILE: authority(ours).ca, WXA_TOKEN_FILE: key };
  expect(await wxa(['ops', 'list', '--json'], env)).toMatchObject({ code: 0 });
});
