import type { NextFunction, Request, Response } from 'express';
import type { Language } from '../http/errors.js';
import { Refusal } from '../http/refusal.js';
import type { Cookies } from './cookies.js';
import type { Session } from './session.js';
import type { Sessions } from './sessions.js';

/** One request: who visits, and in which language. */
export interface Visit {
  /** Undefined: nobody is logged in. */
  session: Session | undefined;
  language: Language;
}

declare module 'express-serve-static-core' {
  interface Request extends Visit {}
}

/** Adds to each request who visits. A session is prolonged if its user is behind the request. */
export function addVisit(sessions: Sessions, cookies: Cookies) {
  return async (request: Request, response: Response, next: NextFunction): Promise<void> => {
    const given = cookies.of(request.headers.cookie);
    const session = await sessions.open(given('session'));
    const renewed = session && isActive(request) && (await sessions.renewed(session));
    if (renewed) cookies.set(response, 'session', renewed.sealed, renewed.seconds);
    const language = languageOf(given('language'), request.headers['accept-language']);
    Object.assign(request, { session, language } satisfies Visit);
    next();
  };
}

/** Refuses requests that have no login, and those that act without the token of their session. */
export function requireLogin({ session, method, headers }: Request, _: Response, next: NextFunction): void {
  if (session === undefined) throw new Refusal('UNAUTHENTICATED', 'LOGIN_REQUIRED');
  if (method === 'POST' && headers['x-form-token'] !== session.formToken)
    throw new Refusal('PERMISSION_DENIED', 'FORM_TOKEN');
  next();
}

/** Refuses what another site sends. @param origin that of the console. */
export function requireOrigin(origin: string) {
  return ({ method, headers }: Request, _: Response, next: NextFunction): void => {
    const isSame = headers['sec-fetch-site'] === 'same-origin' || headers.origin === origin;
    if (method === 'POST' && !isSame) throw new Refusal('PERMISSION_DENIED', 'ORIGIN');
    next();
  };
}

/** What the application calls while its user is active. */
export const ACTIVE_PATH = '/api/console/active';

/**
 * Whether a user is behind a request: one who opens a page, or of whom the application says so. What it reads by itself keeps no session
 * alive, and no call that waits for the gateway does: its answer could come after a log-out, and undo it.
 */
function isActive({ path }: Request): boolean {
  return !path.startsWith('/api/') || path === ACTIVE_PATH;
}

function languageOf(chosen: string | undefined, accepted = ''): Language {
  if (chosen === 'zh' || chosen === 'en') return chosen;
  return /^\s*en\b/i.test(accepted) ? 'en' : 'zh';
}
