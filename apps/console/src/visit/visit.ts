import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import type { Request } from 'express';
import type { GatewayCalls } from '../gateway/gateway.js';
import type { Session } from '../session/session.js';
import type { Language, Translate } from '../text/text.js';

/** One request: who visits, in which language, and the gateway called for that person. */
export interface Visit {
  /** Undefined: nobody is logged in. */
  session: Session | undefined;
  language: Language;
  /** An IANA time zone, from the browser. */
  timeZone: string;
  t: Translate;
  gateway: GatewayCalls;
  /** Path and query of the request. */
  url: URL;
  /** Operations in doubt, beside the link in the navigation; undefined: unknown. */
  doubts: number | undefined;
}

/** What decides how a part of a page looks that several visitors share; nothing of it is of one person. */
export type Look = Pick<Visit, 'language' | 'timeZone' | 't'> & {
  session: Pick<Session, 'role'> | undefined;
};

/** A request with its visit, which a middleware adds. */
export type VisitRequest = Request & { visit: Visit };

/** The parameter of a page's method that gets the visit. */
export const CurrentVisit = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<VisitRequest>().visit,
);

export const PUBLIC = 'public';
export const VIEWERS = 'viewers';

/** A page that needs no login. */
export const Public = () => SetMetadata(PUBLIC, true);

/** A POST that viewers may send too; every other one needs the role operator. */
export const ForViewers = () => SetMetadata(VIEWERS, true);

/** Path and query of a page, to which its form is sent as well. */
export function addressOf({ url }: Visit): string {
  return `${url.pathname}${url.search}`;
}

export function canAct({ session }: Look): boolean {
  return session?.role === 'operator';
}
