import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { Liveness, type Logger, ProbesController, Readiness } from '@wxa/service';
import { type ConsoleSettings, LOGGER, SETTINGS } from './config.js';
import { Doubts } from './gateway/doubts.js';
import { Gateway } from './gateway/gateway.js';
import { AccessGuard } from './http/access.guard.js';
import { ErrorFilter } from './http/error.filter.js';
import { RenderInterceptor } from './http/respond.js';
import { Live } from './live/live.js';
import { PAGES } from './pages/index.js';
import { Logins } from './session/logins.js';
import { Oidc } from './session/oidc.js';
import { SealedCookies } from './session/sealed-cookies.js';
import { Sessions } from './session/sessions.js';
import { Cookies } from './visit/cookies.js';
import { Visits } from './visit/visits.js';

/** Wires the console: pages, sessions and the connection to the gateway. */
export function consoleModule(
  settings: ConsoleSettings,
  logger: Logger,
  readiness: Readiness,
): DynamicModule {
  const { CONSOLE_SECRET, CONSOLE_SECRET_PREVIOUS } = settings;
  return {
    module: ConsoleModule,
    controllers: [...PAGES, ...(settings.ADMIN_ADDR === undefined ? [ProbesController] : [])],
    providers: [
      { provide: SETTINGS, useValue: settings },
      { provide: LOGGER, useValue: logger },
      { provide: Readiness, useValue: readiness },
      { provide: Gateway, useValue: new Gateway(settings, logger) },
      { provide: APP_GUARD, useClass: AccessGuard },
      { provide: APP_INTERCEPTOR, useClass: RenderInterceptor },
      { provide: APP_FILTER, useClass: ErrorFilter },
      { provide: SealedCookies, useValue: new SealedCookies(CONSOLE_SECRET, CONSOLE_SECRET_PREVIOUS) },
      Cookies,
      Doubts,
      Live,
      Liveness,
      Logins,
      Oidc,
      Sessions,
      Visits,
    ],
  };
}

@Module({})
class ConsoleModule {}
