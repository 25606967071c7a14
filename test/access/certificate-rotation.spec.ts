import { copyFile, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { type ServiceError, status } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';
import { OperationsClient, WatchOperationsRequest } from '@wxa/contracts';
import {
  authority,
  clientOf,
  folder,
  ours,
  policy,
  reasonOf,
  SERVER,
  server,
  theirs,
  UNKNOWN,
  URI,
  useCertificates,
} from '../callers/certificates.js';
import { eventually } from '../eventually.js';
import { call, readRefusal, refusalOf } from '../gateway/calls.js';
import { newBackends, type RunningGateway, startGateway } from '../gateway/running-gateway.js';

/** Certificates are read again every 30 s. */
const SEEN_WITHIN_MS = 35_000;

const gateways = useCertificates(['optional']);

function serialOf({ grpc }: RunningGateway): Promise<string> {
  const port = Number(grpc.split(':')[1]);
  return new Promise((resolve, reject) => {
    const socket = connect(
      { host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols: ['h2'] },
      () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      },
    );
    socket.on('error', reject);
  });
}

describe('rotation of the client CA', () => {
  it('A stream of a certificate that the new CA did not issue ends, and its client cannot connect again; another does', async () => {
    const bundle = join(folder, 'clients.pem');
    await copyFile(authority(ours).ca, bundle);
    const gateway = await startGateway(await newBackends(), {
      AUTH_POLICY_FILE: policy.file,
      GRPC_TLS_CERT_FILE: server.cert,
      GRPC_TLS_KEY_FILE: server.key,
      GRPC_TLS_CLIENT_CA_FILE: bundle,
    });
    const [old, next] = await Promise.all(
      [ours, theirs].map((each) => authority(each).issue('rotated', { cn: 'x', names: [`URI:${URI}`] })),
    );
    const client = await clientOf(gateway, old);
    try {
      const stream = client.watchOperations(WatchOperationsRequest.fromPartial({}));
      const ended = new Promise<ServiceError>((resolve) => stream.on('error', resolve).resume());
      const ask = () => refusalOf(call(client, client.getOperation, { id: UNKNOWN }, { deadlineMs: 10_000 }));
      expect((await ask()).reason).toBe('OPERATION_NOT_FOUND');
      await copyFile(authority(theirs).ca, `${bundle}.new`);
      await rename(`${bundle}.new`, bundle);
      expect(readRefusal(await ended)).toMatchObject({
        reason: 'CREDENTIALS_UNVERIFIABLE',
        code: 'UNAVAILABLE',
      });
      expect((await ask()).code).toBe('UNAVAILABLE');
      expect(await reasonOf(gateway, next)).toBe('OPERATION_NOT_FOUND');
    } finally {
      client.close();
      await gateway.stop();
    }
  }, 120_000);
});

describe('rotation of the server certificate', () => {
  it('No call of 500 per second fails while the certificate is replaced, and new handshakes see it within 35 s', async () => {
    const clients = await Promise.all(Array.from({ length: 4 }, () => clientOf(gateways.optional)));
    const load = new Load(clients, policy.headers('app'));
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
    const { made, failed } = await load.end();
    for (const client of clients) client.close();
    expect(failed).toEqual([]);
    expect(made).toBeGreaterThan(500);
  }, 120_000);
});

/** Calls of one second. */
const MOST_PENDING = 500;

/** 500 calls per second until `end`. */
class Load {
  readonly #pending = new Set<Promise<void>>();
  readonly #failed: string[] = [];
  #made = 0;
  readonly #timer = setInterval(() => {
    for (let n = 0; n < 10; n += 1) this.#call();
  }, 20);

  constructor(
    private readonly clients: OperationsClient[],
    private readonly headers: Record<string, string>,
  ) {}

  async end(): Promise<{ made: number; failed: string[] }> {
    clearInterval(this.#timer);
    await Promise.all(this.#pending);
    return { made: this.#made, failed: this.#failed };
  }

  #call(): void {
    // A machine that is too slow for the rate must not let calls wait until their deadline.
    if (this.#pending.size >= MOST_PENDING) return;
    const client = this.clients[this.#made++ % this.clients.length];
    if (client === undefined) return;
    const made = call(client, client.getOperation, { id: UNKNOWN }, { headers: this.headers }).then(
      () => undefined,
      (error: ServiceError) => {
        if (error.code !== status.NOT_FOUND) this.#failed.push(error.message);
      },
    );
    this.#pending.add(made);
    void made.finally(() => this.#pending.delete(made));
  }
}
