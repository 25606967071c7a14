import { createServer, type RequestListener } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';
import { answer } from './callback/answer.js';

const LIMITS = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 10_000,
  /** How often clients that are too slow are looked for; Node's own 30 s would keep them six times as long. */
  connectionsCheckingInterval: 1_000,
};
const MAX_CONNECTIONS = 2000;

/** The HTTP side with its limits: a client that sends slowly or opens many connections is cut off. */
export class LimitedHttp extends ExpressAdapter {
  override initHttpServer(): void {
    this.httpServer = createServer(LIMITS, readable(this.getInstance()));
    this.httpServer.maxConnections = MAX_CONNECTIONS;
    this.disable('x-powered-by');
    this.disable('etag');
  }
}

/** A path that can't be decoded would be an error of the router's, logged with all it says. */
function readable(next: RequestListener): RequestListener {
  return (request, response) => {
    try {
      decodeURIComponent(request.url?.split('?')[0] ?? '');
    } catch {
      return answer(response, 'refused', true);
    }
    next(request, response);
  };
}
