import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { expect, it } from '@jest/globals';
import { type Certificate, freePort } from '@wxa/stack';
import { authority, ours, policy, theirs, URI, useCertificates } from '../gateway/certificates.js';
import { COMPONENT_SETTINGS } from '../gateway/component-settings.js';

const addresses: Record<string, string> = {};
const withTokens = (kind: string) => async () => {
  addresses[kind] = `127.0.0.1:${await freePort()}`;
  return { ...COMPONENT_SETTINGS, TOKEN_SERVICE_ADDR: addresses[kind] };
};
useCertificates(['required', 'optional'], {
  required: withTokens('required'),
  optional: withTokens('optional'),
});

/** The reason of a read: CALLER_NOT_ALLOWED if its caller is known. Rejects if the connection is refused. */
async function reasonOf(kind: string, certificate?: Certificate, headers = {}): Promise<string> {
  const [ca, cert, key] = await Promise.all(
    [authority(ours).ca, certificate?.cert, certificate?.key].map((path) => path && readFile(path)),
  );
  const client = { ca, headers, agent: false, ...(cert && key && { cert, key }) };
  const sent = request(`https://${addresses[kind]}/token?appid=wx0123456789abcdef`, client);
  const [response] = (await once(sent.end(), 'response')) as [IncomingMessage];
  const chunks = await response.toArray();
  return JSON.parse(Buffer.concat(chunks).toString()).error.reason;
}

it('A reader is known by its client certificate, which must be of the CA; if it is optional, by an API key too', async () => {
  const [own, foreign] = await Promise.all(
    [ours, theirs].map((each) => authority(each).issue('reader', { cn: 'x', names: [`URI:${URI}`] })),
  );
  expect(await reasonOf('required', own)).toBe('CALLER_NOT_ALLOWED');
  await expect(reasonOf('required', foreign)).rejects.toThrow();
  await expect(reasonOf('required', undefined, policy.headers('app'))).rejects.toThrow();
  expect(await reasonOf('optional', own)).toBe('CALLER_NOT_ALLOWED');
  expect(await reasonOf('optional', foreign)).toBe('CALLER_UNKNOWN');
  expect(await reasonOf('optional', undefined, policy.headers('app'))).toBe('CALLER_NOT_ALLOWED');
  expect(await reasonOf('optional', own, { authorization: 'Bearer nonsense' })).toBe('CALLER_UNKNOWN');
});
