import { readFile } from 'node:fs/promises';
import { credentials, Metadata } from '@grpc/grpc-js';
import { OperationsClient } from '@wxa/contracts';
import { createAuthority } from '@wxa/stack';
import { TestPolicy } from '../callers/test-policy.js';
import { refusalOf } from '../gateway/calls.js';
import { type Backends, type RunningGateway, startGateway } from '../gateway/running-gateway.js';

const UNKNOWN = '01999999-9999-7999-8999-999999999999';

/**
 * A gateway with a certificate and a policy, which has had a call without a credential and one beyond the limit of its
 * caller, so that it has the metrics of both.
 */
export async function startSecuredGateway(backends: Backends, folder: string): Promise<RunningGateway> {
  const authority = await createAuthority(folder);
  const server = await authority.issue('server', { cn: 'gateway', names: ['IP:127.0.0.1'] });
  const policy = new TestPolicy({ once: { limits: { perSecond: 0.001, burst: 1 } } });
  const gateway = await startGateway(backends, {
    AUTH_POLICY_FILE: policy.file,
    GRPC_TLS_CERT_FILE: server.cert,
    GRPC_TLS_KEY_FILE: server.key,
  });
  const client = new OperationsClient(gateway.grpc, credentials.createSsl(await readFile(authority.ca)));
  const key = new Metadata();
  for (const [name, value] of Object.entries(policy.headers('once'))) key.set(name, value);
  for (const metadata of [new Metadata(), key, key])
    await refusalOf(
      new Promise((resolve, reject) =>
        client.getOperation({ id: UNKNOWN }, metadata, (error, found) =>
          error ? reject(error) : resolve(found),
        ),
      ),
    );
  client.close();
  return gateway;
}
