import { createServer, type RequestListener } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';
import { answer } from '../webhook/callback.controller.js';

const LIMITS = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 10_000,
  /** How often the timeouts are enforced. Node's default of 30 s would keep slow clients six times as long. */
  connectionsCheckingInterval: 1_000,
};
const MAX_CONNECTIONS = 2000;

/** HTTP server with limits: clients that send slowly or open too many connections are disconnected. */
export class LimitedHttp extends ExpressAdapter {
  override initHttpServer(): void {
    this.httpServer = createServer(LIMITS, rejectUndecodable(this.getInstance()));
    this.httpServer.maxConnections = MAX_CONNECTIONS;
    this.disable('x-powered-by');
    this.disable('etag');
  }
}

/** Rejects paths that cannot be decoded; the router would log them as errors, with their content. */
function rejectUndecodable(next: RequestListener): RequestListener {
  return (request, response) => {
    try {
      decodeURIComponent(request.url?.split('?')[0] ?? '');
    } catch {
      return answer(response, 'refused', true);
    }
    next(request, response);
  };
}
