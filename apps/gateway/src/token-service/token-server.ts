import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { Address } from '@wxa/service';
import type { ServerCertificates } from '../credentials/certificates.js';
import type { ReadAnswer } from './answer-reads.js';

const LIMITS = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 30_000,
  /** How often the timeouts are enforced. */
  connectionsCheckingInterval: 1_000,
  /** A JWT has 8 KiB at most. */
  maxHeaderSize: 16_384,
};
const MAX_CONNECTIONS = 2000;

/** The listener of the token service, with the certificate of the gRPC server if it has one. */
export class TokenServer {
  readonly #server: Server | TlsServer;
  /** The connections whose certificates are verified against the present client CA. */
  #verified = new WeakSet<object>();
  readonly #answering = new Set<ServerResponse>();

  constructor(
    private readonly answer: (request: IncomingMessage) => Promise<ReadAnswer>,
    certificates: ServerCertificates | undefined,
  ) {
    const respond = (request: IncomingMessage, response: ServerResponse) =>
      void this.#respond(request, response);
    this.#server =
      certificates === undefined ? createServer(LIMITS, respond) : tlsServer(certificates, respond);
    this.#server.maxConnections = MAX_CONNECTIONS;
    const opened = certificates === undefined ? 'connection' : 'secureConnection';
    this.#server.on(opened, (socket: object) => this.#verified.add(socket));
  }

  /** Rejects if the address is not available. */
  async listen({ host, port }: Address): Promise<void> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
  }

  /** Accepts no connection and no request; resolves once those in progress have been answered. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
    });
  }

  /** Ends all connections, so that each is opened and verified again; those that are being answered after that. */
  endConnections(): void {
    this.#verified = new WeakSet();
    for (const response of this.#answering) response.shouldKeepAlive = false;
    this.#server.closeIdleConnections();
  }

  /** Ends all connections. */
  closeConnections(): void {
    this.#server.closeAllConnections();
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.#verified.has(request.socket)) {
      request.socket.destroy();
      return;
    }
    this.#answering.add(response);
    const { status, headers, body } = request.method === 'GET' ? await this.answer(request) : NOT_GET;
    this.#answering.delete(response);
    response.writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      ...headers,
    });
    response.end(JSON.stringify(body));
  }
}

const NOT_GET: ReadAnswer = {
  status: 405,
  headers: { allow: 'GET' },
  body: { error: { reason: 'INVALID_REQUEST', message: 'only GET is allowed' } },
};

function tlsServer(
  certificates: ServerCertificates,
  respond: (request: IncomingMessage, response: ServerResponse) => void,
): TlsServer {
  const options = certificates.follow((changed) => server.setSecureContext(changed));
  const server = createTlsServer({ ...LIMITS, ...options }, respond);
  return server;
}
