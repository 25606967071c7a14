import type { Server } from '@grpc/grpc-js';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { endsWithin } from '@wxa/service';

/** What ends with the calls. */
export interface Ending {
  /** Calls that wait, and uploads. */
  waiting: { failAll(): void };
  media: { endAll(): void };
  /** Watch streams. */
  feeds: { endAll(): void }[];
  /** The token service, if it runs. */
  tokens: { close(): Promise<void>; closeConnections(): void } | undefined;
}

/**
 * Rejects new calls, ends watch streams, lets calls in progress finish for `callsMs`, then ends waiting calls and uploads.
 * Resolves to whether no call was cut.
 */
export async function endCalls(
  app: NestExpressApplication,
  grpc: Server,
  { waiting, feeds, media, tokens }: Ending,
  callsMs: number,
): Promise<boolean> {
  const http = app.getHttpServer();
  const httpEnded = new Promise<void>((resolve) => http.close(() => resolve()));
  http.closeIdleConnections();
  const grpcEnded = new Promise<void>((resolve) => grpc.tryShutdown(() => resolve()));
  const ended = Promise.all([httpEnded, grpcEnded, tokens?.close()]);
  for (const feed of feeds) feed.endAll();
  await endsWithin(callsMs, ended);
  waiting.failAll();
  media.endAll();
  const isFinished = await endsWithin(500, ended);
  grpc.forceShutdown();
  http.closeAllConnections();
  tokens?.closeConnections();
  return isFinished;
}
