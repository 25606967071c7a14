import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OperationsClient } from '@wxa/contracts';
import { type Authority, type Certificate, createAuthority } from '@wxa/stack';
import { call, refusalOf } from '../gateway/calls.js';
import { newBackends, type RunningGateway, startGateway } from '../gateway/running-gateway.js';
import { wxa } from '../wxa.js';
import { TestPolicy } from './test-policy.js';

const UNKNOWN = '01999999-9999-7999-8999-999999999999';
const URI = 'spiffe://example.com/ns/shop/sa/backend';
const SERVER = { cn: 'gateway', names: ['IP:127.0.0.1'] };

const policy = new TestPolicy({
  app: {},
  mesh: { credentials: [{ uri: URI }] },
  oncall: { credentials: [{ cn: 'oncall@example.com' }] },
  dns: { credentials: [{ dns: 'dns.example.com' }] },
});

let folder: string;
let [ours, theirs]: Authority[] = [];
let server: Certificate;
let required: RunningGateway;
let optional: RunningGateway;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wxa-certificates-'));
  [ours, theirs] = await Promise.all(['ours', 'theirs'].map((name) => createAuthority(join(folder, name))));
  server = await authority(ours).issue('server', SERVER);
  const backends = await newBackends();
  const env = {
    AUTH_POLICY_FILE: policy.file,
    GRPC_TLS_CERT_FILE: server.cert,
    GRPC_TLS_KEY_FILE: server.key,
    GRPC_TLS_CLIENT_CA_FILE: authority(ours).ca,
  };
  required = await startGateway(backends, env);
  optional = await startGateway(backends, { ...env, GRPC_TLS_CLIENT_AUTH: 'optional' });
}, 90_000);
afterAll(async () => {
  await Promise.all([required?.stop(), optional?.stop()]);
  policy.remove();
  await rm(folder, { recursive: true });
}, 30_000);

function authority(given: Authority | undefined): Authority {
  if (given === undefined) throw new Error('no authority');
  return given;
}

async function clientOf({ grpc }: RunningGateway, certificate?: Certificate): Promise<OperationsClient> {
  const [ca, key, cert] = await Promise.all([
    readFile(authority(ours).ca),
    certificate && readFile(certificate.key),
    certificate && readFile(certificate.cert),
  ]);
  return new OperationsClient(grpc, credentials.createSsl(ca, key ?? null, cert ?? null));
}

/** The reason of a call for an unknown operation: OPERATION_NOT_FOUND if its caller is known. */
async function reasonOf(
  gateway: RunningGateway,
  certificate?: Certificate,
  headers: Record<string, string> = {},
) {
  const client = await clientOf(gateway, certificate);
  try {
    const { code, reason } = await refusalOf(
      call(client, client.getOperation, { id: UNKNOWN }, { headers, deadlineMs: 10_000 }),
    );
    return reason ?? code;
  } finally {
    client.close();
  }
}

describe('client certificates', () => {
  it('A certificate identifies its caller by URI, DNS name, or common name if it has no other name', async () => {
    const subjects: [file: string, cn: string, names: string[]][] = [
      ['uri', 'x', [`URI:${URI}`]],
      ['dns', 'x', ['DNS:dns.example.com']],
      ['cn', 'oncall@example.com', []],
      ['cn-beside-dns', 'oncall@example.com', ['DNS:other.example.com']],
      ['two-callers', 'x', [`URI:${URI}`, 'DNS:dns.example.com']],
      // Node quotes a value with a backslash.
      ['quoted', 'x', [`URI:${URI}`, 'URI:http://x/a\\\\b']],
    ];
    const certificates: Certificate[] = [];
    for (const [file, cn, names] of subjects)
      certificates.push(await authority(ours).issue(file, { cn, names }));
    expect(await Promise.all(certificates.map((certificate) => reasonOf(required, certificate)))).toEqual([
      ...Array(3).fill('OPERATION_NOT_FOUND'),
      ...Array(3).fill('CALLER_UNKNOWN'),
    ]);
  }, 60_000);

  it('A client without a certificate or with one of another CA cannot connect if certificates are required', async () => {
    const foreign = await authority(theirs).issue('foreign', { cn: 'x', names: [`URI:${URI}`] });
    expect(await reasonOf(required)).toBe('UNAVAILABLE');
    expect(await reasonOf(required, foreign)).toBe('UNAVAILABLE');
    expect(await reasonOf(required, undefined, policy.headers('app'))).toBe('UNAVAILABLE');
  }, 60_000);

  it('If certificates are optional, an untrusted one is ignored and an API key identifies the caller', async () => {
    const [ourOwn, foreign] = await Promise.all(
      [ours, theirs].map((each) => authority(each).issue('optional', { cn: 'x', names: [`URI:${URI}`] })),
    );
    expect(await reasonOf(optional, ourOwn)).toBe('OPERATION_NOT_FOUND');
    expect(await reasonOf(optional, foreign)).toBe('CALLER_UNKNOWN');
    expect(await reasonOf(optional)).toBe('CALLER_UNKNOWN');
    expect(await reasonOf(optional, foreign, policy.headers('app'))).toBe('OPERATION_NOT_FOUND');
    expect(await reasonOf(optional, undefined, policy.headers('app'))).toBe('OPERATION_NOT_FOUND');
  }, 60_000);

  it('An authorization header decides, even if it is invalid and the certificate is valid', async () => {
    const certificate = await authority(ours).issue('header', { cn: 'x', names: [`URI:${URI}`] });
    expect(await reasonOf(required, certificate, { authorization: 'Bearer nonsense' })).toBe(
      'CALLER_UNKNOWN',
    );
    expect(await reasonOf(required, certificate, policy.headers('app'))).toBe('OPERATION_NOT_FOUND');
  }, 60_000);

  it('wxa calls a gateway whose certificate is of WXA_CA_FILE with the API key of WXA_TOKEN_FILE', async () => {
    const key = join(folder, 'key');
    await writeFile(key, `${policy.headers('app').authorization?.replace('Bearer ', '')}\n`);
    const env = { WXA_GATEWAY: optional.grpc, WXA_CA_FILE: authority(ours).ca, WXA_TOKEN_FILE: key };
    expect(await wxa(['ops', 'list', '--json'], env)).toMatchObject({ code: 0 });
  });
});
