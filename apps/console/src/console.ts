import { once } from 'node:events';
import { createServer } from 'node:http';
import {
  AdminServer,
  endsWithin,
  every,
  type Logger,
  logStarted,
  Readiness,
  type Stoppable,
  startMetrics,
  warnOfInsecure,
} from '@wxa/service';
import express, { type Express } from 'express';
import { Streams } from './api/streams.js';
import { sendStatic } from './application.js';
import { type ConsoleSettings, insecureSettings, publicUrl } from './config.js';
import { Gateway } from './gateway/gateway.js';
import { answerErrors } from './http/errors.js';
import { securityHeaders } from './http/security-headers.js';
import { addRoutes, type Parts } from './routes.js';
import { Cookies } from './session/cookies.js';
import { Logins } from './session/logins.js';
import { Oidc } from './session/oidc.js';
import { readScopes } from './session/scopes.js';
import { SealedCookies } from './session/sealed-cookies.js';
import { Sessions } from './session/sessions.js';

const PROBES = ['/healthz', '/readyz', '/metrics'];
/** Clients that send slowly or open too many connections are disconnected. */
const LIMITS = {
  headersTimeout: 5_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
};
const MAX_CONNECTIONS = 2000;
const REPORT_MS = 1_000;

/** Starts the console. Does not wait for the gateway. */
export async function startConsole(settings: ConsoleSettings, logger: Logger): Promise<Stoppable> {
  startMetrics();
  warnOfInsecure(insecureSettings(settings), logger);
  const readiness = new Readiness(['gateway']);
  const probes = new AdminServer(readiness);
  const parts = partsOf(settings, logger);
  const { ADMIN_ADDR, CONSOLE_ADDR } = settings;
  if (ADMIN_ADDR !== undefined) await probes.listen(ADMIN_ADDR);
  const app = appOf(parts, logger, ADMIN_ADDR === undefined ? probes : undefined);
  const server = createServer(LIMITS, app).listen(CONSOLE_ADDR.port, CONSOLE_ADDR.host);
  server.maxConnections = MAX_CONNECTIONS;
  await once(server, 'listening');
  const reports = every(REPORT_MS, async () => readiness.set('gateway', ...parts.gateway.connection));
  logStarted(logger, settings);
  return {
    drain: () => readiness.drain(),
    async stop(callsMs) {
      reports.end();
      parts.sessions.stop();
      parts.streams.close();
      const isFinished = await endsWithin(callsMs, server[Symbol.asyncDispose]());
      server.closeAllConnections();
      parts.gateway.close();
      await probes.close();
      return isFinished;
    },
  };
}

function partsOf(settings: ConsoleSettings, logger: Logger): Parts {
  const scopes = readScopes(settings.CONSOLE_SCOPES_FILE);
  const sealed = new SealedCookies(settings.CONSOLE_SECRET, settings.CONSOLE_SECRET_PREVIOUS);
  const cookies = new Cookies(settings);
  const sessions = new Sessions(sealed, settings, logger, scopes);
  const gateway = new Gateway(settings, logger, scopes.scopes);
  const isLoggedIn = async (cookie: string | undefined) =>
    (await sessions.open(cookies.of(cookie)('session'))) !== undefined;
  return {
    ...{ settings, scopes, cookies, sessions, gateway },
    streams: new Streams(gateway, ({ headers }) => isLoggedIn(headers.cookie)),
    logins: new Logins(sessions, logger),
    oidc: new Oidc(settings, sealed, logger, scopes),
  };
}

/** @param probes unless they are served elsewhere. */
function appOf(parts: Parts, logger: Logger, probes: AdminServer | undefined): Express {
  const app = express().disable('x-powered-by').disable('etag');
  app.set('trust proxy', parts.settings.CONSOLE_TRUSTED_PROXIES).set('query parser', false);
  app.use(securityHeaders(publicUrl(parts.settings), () => parts.oidc.formTargets));
  app.use('/static', sendStatic);
  if (probes !== undefined) app.get(PROBES, (request, response) => probes.respond(request, response));
  addRoutes(app, parts);
  return app.use(answerErrors(logger));
}
