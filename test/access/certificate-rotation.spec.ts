import { copyFile, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import type { ServiceError } from '@grpc/grpc-js';
import { expect, it } from '@jest/globals';
import { OperationsClient, WatchOperationsRequest } from '@wxa/contracts';
import { eventually } from '../eventually.js';
import { call, readRefusal, refusalOf } from '../gateway/calls.js';
import {
  authority,
  clientOf,
  folder,
  issued,
  ours,
  policy,
  reasonOf,
  SERVER,
  server,
  settings,
  theirs,
  UNKNOWN,
  useCertificates,
} from '../gateway/certificates.js';
import { newBackends, type RunningGateway, startGateway } from '../gateway/running-gateway.js';
import { byLength } from '../length.js';

/** Certificates are read again every 30 s. */
const SEEN_WITHIN_MS = byLength({ short: 120_000, long: 35_000 });

const gateways = useCertificates(['optional']);

function serialOf({ grpc }: RunningGateway): Promise<string> {
  const port = Number(grpc.split(':')[1]);
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols: ['h2'] };
    const socket = connect(options, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

it('A stream of a certificate that the new CA did not issue ends, and its client cannot connect again; another does', async () => {
  const bundle = join(folder, 'clients.pem');
  await copyFile(authority(ours).ca, bundle);
  const gateway = await startGateway(await newBackends(), {
    ...settings(),
    GRPC_TLS_CLIENT_CA_FILE: bundle,
  });
  const [old, next] = await issued('rotated');
  const client = await clientOf(gateway, old);
  try {
    const stream = client.watchOperations(WatchOperationsRequest.fromPartial({}));
    const ended = new Promise<ServiceError>((resolve) => stream.on('error', resolve).resume());
    const ask = () => refusalOf(call(client, client.getOperation, { id: UNKNOWN }, { deadlineMs: 10_000 }));
    expect((await ask()).reason).toBe('OPERATION_NOT_FOUND');
    await copyFile(authority(theirs).ca, `${bundle}.new`);
    await rename(`${bundle}.new`, bundle);
    const unverifiable = { reason: 'CREDENTIALS_UNVERIFIABLE', code: 'UNAVAILABLE' };
    expect(readRefusal(await ended)).toMatchObject(unverifiable);
    expect((await ask()).code).toBe('UNAVAILABLE');
    expect(await reasonOf(gateway, next)).toBe('OPERATION_NOT_FOUND');
  } finally {
    client.close();
    await gateway.stop();
  }
});

it('No call of 500 per second fails while the certificate is replaced, and new handshakes see it within 35 s', async () => {
  const clients = await Promise.all(Array.from({ length: 4 }, () => clientOf(gateways.optional)));
  const endLoad = startLoad(clients, policy.headers('app'));
  const before = await serialOf(gateways.optional);
  const next = await authority(ours).issue('next', SERVER);
  await copyFile(server.cert, `${server.cert}.before`);
  // For a while the key does not match the certificate.
  await rename(next.key, server.key);
  await eventually(
    async () => (await readFile(gateways.optional.app.logFile, 'utf8')).includes('certificate invalid'),
    SEEN_WITHIN_MS,
  );
  expect(await serialOf(gateways.optional)).toBe(before);
  await rename(next.cert, server.cert);
  await eventually(async () => (await serialOf(gateways.optional)) !== before, SEEN_WITHIN_MS);
  const { made, failed } = await endLoad();
  for (const client of clients) client.close();
  expect(failed).toEqual([]);
  expect(made).toBeGreaterThan(500);
});

/** Makes 500 calls per second until the returned function ends it, which returns how many, and what failed. */
function startLoad(clients: OperationsClient[], headers: Record<string, string>) {
  const pending = new Set<Promise<void>>();
  const failed: unknown[] = [];
  let made = 0;
  const callOnce = async (client: OperationsClient) => {
    const refusal = await refusalOf(call(client, client.getOperation, { id: UNKNOWN }, { headers }));
    if (refusal.reason !== 'OPERATION_NOT_FOUND') failed.push(refusal);
  };
  const timer = setInterval(() => {
    // A machine that is too slow for the rate must not let calls wait until their deadline.
    for (let n = 0; n < 10 && pending.size < 500; n += 1) {
      const done = callOnce(clients[made++ % clients.length] as OperationsClient);
      pending.add(done);
      void done.finally(() => pending.delete(done));
    }
  }, 20);
  return async () => {
    clearInterval(timer);
    await Promise.all(pending);
    return { made, failed };
  };
}
