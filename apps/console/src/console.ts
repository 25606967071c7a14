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
  warnOfInsecure,
} from '@wxa/service';
import express from 'express';
import { type ConsoleSettings, insecureSettings, publicUrl } from './config.js';
import { consoleModule } from './console.module.js';
import { Gateway } from './gateway/gateway.js';
import { reportGateway } from './gateway/reachable.js';
import { securityHeaders } from './http/security-headers.js';
import { ConsoleHttp } from './http/server.js';
import { Live } from './live/live.js';
import { Oidc } from './session/oidc.js';
import { Sessions } from './session/sessions.js';
import { sendAsset } from './ui/assets.js';
import type { VisitRequest } from './visit/visit.js';
import { Visits } from './visit/visits.js';

const { version: VERSION } = createRequire(import.meta.url)('../package.json') as { version: string };
/** A pasted list of 100,000 mini-programs with overrides. */
const FORM_LIMIT = '16mb';
const FORM_LIMIT_BEFORE_LOGIN = '16kb';

/** Starts the console. Does not wait for the gateway. */
export async function startConsole(settings: ConsoleSettings, logger: Logger): Promise<Stoppable> {
  startMetrics(VERSION);
  warnOfInsecure(insecureSettings(settings), logger);
  const readiness = new Readiness(['gateway']);
  const app = await NestFactory.create<NestExpressApplication>(
    consoleModule(settings, logger, readiness),
    new ConsoleHttp(),
    { bodyParser: false, logger: nestLogger(logger), abortOnError: false },
  );
  app.set('trust proxy', settings.CONSOLE_TRUSTED_PROXIES);
  const oidc = app.get(Oidc);
  app.use(securityHeaders(publicUrl(settings), () => oidc.formTargets));
  app.use('/assets', (request: express.Request, response: express.Response) => sendAsset(request, response));
  app.use(app.get(Visits).middleware);
  app.use(formParser());
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

/** Reads the fields of forms; those of visitors who are not logged in are small. Of a field that is given twice, the first counts. */
function formParser() {
  const parser = (limit: string) => express.urlencoded({ extended: false, limit, parameterLimit: 10_000 });
  const [small, large] = [parser(FORM_LIMIT_BEFORE_LOGIN), parser(FORM_LIMIT)];
  return (request: express.Request, response: express.Response, next: express.NextFunction) => {
    const { visit } = request as VisitRequest;
    (visit.session === undefined ? small : large)(request, response, (error?: unknown) => {
      const fields = Object.entries<string | string[]>(request.body ?? {});
      request.body = Object.fromEntries(fields.map(([name, value]) => [name, [value].flat()[0]]));
      next(error);
    });
  };
}
