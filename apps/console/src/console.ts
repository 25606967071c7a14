import 'reflect-metadata';
import { createRequire } from 'node:module';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import {
  AdminServer,
  endsWithin,
  type Logger,
  logStarted,
  nestLogger,
  Readiness,
  type Stoppable,
  startMetrics,
} from '@wxa/service';
import express from 'express';
import type { ConsoleSettings } from './config.js';
import { consoleModule } from './console.module.js';
import { Gateway } from './gateway/gateway.js';
import { reportGateway } from './gateway/reachable.js';
import { securityHeaders } from './http/security-headers.js';
import { ConsoleHttp } from './http/server.js';
import { Live } from './live/live.js';
import { Sessions } from './session/sessions.js';
import { sendAsset } from './ui/assets.js';
import { Visits } from './visit/visits.js';

const { version: VERSION } = createRequire(import.meta.url)('../package.json') as { version: string };
/** A pasted list of 100,000 mini-programs with overrides. */
const FORM_LIMIT = '16mb';

/** Starts the console. Does not wait for the gateway. */
export async function startConsole(settings: ConsoleSettings, logger: Logger): Promise<Stoppable> {
  startMetrics(VERSION);
  const readiness = new Readiness(['gateway']);
  const app = await NestFactory.create<NestExpressApplication>(
    consoleModule(settings, logger, readiness),
    new ConsoleHttp(),
    { bodyParser: false, logger: nestLogger(logger), abortOnError: false },
  );
  app.use(securityHeaders([]));
  app.use('/assets', (request: express.Request, response: express.Response) => sendAsset(request, response));
  app.use(express.urlencoded({ extended: false, limit: FORM_LIMIT, parameterLimit: 10_000 }));
  app.use(app.get(Visits).middleware);
  const { CONSOLE_ADDR, ADMIN_ADDR } = settings;
  const probes = new AdminServer(readiness);
  if (ADMIN_ADDR !== undefined) await probes.listen(ADMIN_ADDR);
  await app.listen(CONSOLE_ADDR.port, CONSOLE_ADDR.host);
  const reports = reportGateway(app.get(Gateway), readiness);
  logStarted(logger, settings);
  return {
    drain: () => readiness.drain(),
    async stop(callsMs) {
      reports.end();
      app.get(Sessions).stop();
      app.get(Live).close();
      const isFinished = await endsWithin(callsMs, app.close());
      app.getHttpServer().closeAllConnections();
      app.get(Gateway).close();
      await probes.close();
      return isFinished;
    },
  };
}
