import { Inject, Injectable } from '@nestjs/common';
import type { NextFunction, Response } from 'express';
import { Doubts } from '../gateway/doubts.js';
import { Gateway } from '../gateway/gateway.js';
import type { Session } from '../session/session.js';
import { Sessions } from '../session/sessions.js';
import { formatTime } from '../text/format-time.js';
import { LANGUAGES, type Language, translator } from '../text/text.js';
import { Cookies } from './cookies.js';
import type { VisitRequest } from './visit.js';

const DEFAULT_TIME_ZONE = 'Asia/Shanghai';

/** Adds the visit to each request. */
@Injectable()
export class Visits {
  constructor(
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(Gateway) private readonly gateway: Gateway,
    @Inject(Doubts) private readonly doubts: Doubts,
    @Inject(Cookies) private readonly cookies: Cookies,
  ) {}

  readonly middleware = async (request: VisitRequest, _: Response, next: NextFunction): Promise<void> => {
    const cookies = this.cookies.of(request.headers.cookie);
    const session = await this.sessionOf(request);
    const language = languageOf(cookies('language'), request.headers['accept-language']);
    request.visit = {
      session,
      language,
      timeZone: timeZoneOf(cookies('timeZone')),
      t: translator(language),
      gateway: this.gateway.as(session?.name),
      url: new URL(`http://console${request.originalUrl}`),
      doubts: session && this.doubts.count,
    };
    next();
  };

  /** Who is logged in by the request's cookie now; undefined: nobody, or not any more. */
  async sessionOf({ headers }: VisitRequest): Promise<Session | undefined> {
    const sealed = this.cookies.of(headers.cookie)('session');
    return sealed === undefined ? undefined : this.sessions.open(sealed);
  }
}

function languageOf(chosen: string | undefined, accepted = ''): Language {
  const known = LANGUAGES.find((language) => language === chosen);
  return known ?? (/^\s*en\b/i.test(accepted) ? 'en' : 'zh');
}

function timeZoneOf(cookie: string | undefined): string {
  if (cookie === undefined) return DEFAULT_TIME_ZONE;
  try {
    const timeZone = decodeURIComponent(cookie);
    formatTime(new Date(), timeZone);
    return timeZone;
  } catch {
    return DEFAULT_TIME_ZONE;
  }
}
