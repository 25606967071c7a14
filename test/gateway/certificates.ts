import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { afterAll, beforeAll } from '@jest/globals';
import { OperationsClient } from '@wxa/contracts';
import { type Authority, type Certificate, createAuthority } from '@wxa/stack';
import { TestPolicy } from '../callers/test-policy.js';
import { call, refusalOf } from './calls.js';
import { newBackends, type RunningGateway, startGateway } from './running-gateway.js';

export const UNKNOWN = '01999999-9999-7999-8999-999999999999';
const URI = 'spiffe://example.com/ns/shop/sa/backend';
export const SERVER = { cn: 'gateway', names: ['IP:127.0.0.1'] };

export const policy = new TestPolicy({ app: {}, mesh: { credentials: [{ uri: URI }] } });

export let folder: string;
export let [ours, theirs]: Authority[] = [];
export let server: Certificate;

/** Makes the authorities and starts gateways with a certificate of ours, one for each kind of client authentication. @param more settings of each. */
export function useCertificates<K extends 'required' | 'optional'>(
  kinds: readonly K[],
  more: (kind: K) => Promise<Record<string, string>> = async () => ({}),
): Record<K, RunningGateway> {
  const gateways = {} as Record<K, RunningGateway>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wxa-certificates-'));
    [ours, theirs] = await Promise.all(['ours', 'theirs'].map((name) => createAuthority(join(folder, name))));
    server = await authority(ours).issue('server', SERVER);
    const backends = await newBackends();
    for (const kind of kinds)
      gateways[kind] = await startGateway(backends, {
        ...settings(),
        ...(kind === 'optional' && { GRPC_TLS_CLIENT_AUTH: kind }),
        ...(await more(kind)),
      });
  });
  afterAll(async () => {
    await Promise.all(kinds.map((kind) => gateways[kind]?.stop()));
    await rm(folder, { recursive: true });
  });
  return gateways;
}

/** The settings of a gateway that accepts clients with certificates of ours. */
export const settings = () => ({
  AUTH_POLICY_FILE: policy.file,
  GRPC_TLS_CERT_FILE: server.cert,
  GRPC_TLS_KEY_FILE: server.key,
  GRPC_TLS_CLIENT_CA_FILE: authority(ours).ca,
});

/** Certificates of the caller `mesh`, by our authority and by the other one. */
export async function issued(name: string): Promise<[Certificate, Certificate]> {
  const subject = { cn: 'x', names: [`URI:${URI}`] };
  return [await authority(ours).issue(name, subject), await authority(theirs).issue(name, subject)];
}

export function authority(given: Authority | undefined): Authority {
  if (given === undefined) throw new Error('no authority');
  return given;
}

export async function clientOf(
  { grpc }: RunningGateway,
  certificate?: Certificate,
): Promise<OperationsClient> {
  const [ca, key, cert] = await Promise.all([
    readFile(authority(ours).ca),
    certificate && readFile(certificate.key),
    certificate && readFile(certificate.cert),
  ]);
  return new OperationsClient(grpc, credentials.createSsl(ca, key ?? null, cert ?? null));
}

/** The reason of a call for an unknown operation: OPERATION_NOT_FOUND if its caller is known. */
export async function reasonOf(
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
