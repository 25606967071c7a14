import type { NestExpressApplication } from '@nestjs/platform-express';

/** Limits of the HTTP side: a client that sends slowly or opens many connections is cut off. */
export function limitHttp(app: NestExpressApplication): void {
  app.disable('x-powered-by');
  app.disable('etag');
  const server = app.getHttpServer();
  server.headersTimeout = 10_000;
  server.requestTimeout = 15_000;
  server.keepAliveTimeout = 10_000;
  server.maxConnections = 2000;
}
