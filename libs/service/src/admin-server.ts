import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { register } from '@prometheus-io/client';
import type { Readiness } from './probes.js';
import type { Address } from './settings/fields.js';

const LIMITS = {
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  keepAliveTimeout: 5_000,
  /** How often the timeouts are enforced. */
  connectionsCheckingInterval: 1_000,
};
const MAX_CONNECTIONS = 100;

/** An HTTP server for probes and metrics only, so that other traffic cannot starve them: `/healthz`, `/readyz`, `/metrics`. */
export class AdminServer {
  readonly #server: Server;

  /** @param otherPaths the status of any other path. */
  constructor(
    private readonly readiness: Readiness,
    private readonly otherPaths: 404 | 503 = 404,
  ) {
    this.#server = createServer(LIMITS, (request, response) => void this.respond(request, response));
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /** Rejects if the address is not available. */
  async listen({ host, port }: Address): Promise<void> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  /** Answers a request, also one of a server with other paths. */
  async respond({ method, url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
    if (method !== 'GET') return send(response, 405, 'only GET is allowed');
    switch (url.split('?')[0]) {
      case '/healthz':
        return send(response, 200, 'ok');
      case '/readyz': {
        const { ready } = this.readiness;
        const body = JSON.stringify({ ready, parts: this.readiness.report() });
        return send(response, ready ? 200 : 503, body, 'application/json; charset=utf-8');
      }
      case '/metrics':
        return register.metrics().then(
          (text) => send(response, 200, text, register.contentType),
          () => send(response, 500, 'the metrics cannot be read'),
        );
      default:
        return send(
          response,
          this.otherPaths,
          this.otherPaths === 404 ? 'not found' : 'the process is starting',
        );
    }
  }
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': type }).end(body);
}
