import { createServer } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';

const LIMITS = {
  headersTimeout: 5_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
};
const MAX_CONNECTIONS = 2000;

/** HTTP server with limits: clients that send slowly or open too many connections are disconnected. */
export class ConsoleHttp extends ExpressAdapter {
  override initHttpServer(): void {
    this.httpServer = createServer(LIMITS, this.getInstance());
    this.httpServer.maxConnections = MAX_CONNECTIONS;
    this.disable('x-powered-by');
    this.disable('etag');
    // Texts only: of a parameter that is given twice, the first counts.
    this.set('query parser', (query: string) =>
      Object.fromEntries([...new URLSearchParams(query)].reverse()),
    );
  }
}
