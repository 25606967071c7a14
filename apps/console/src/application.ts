import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Express, Request, Response } from 'express';
import type { ConsoleSettings } from './config.js';
import { contentSecurityPolicy } from './http/security-headers.js';
import type { Oidc } from './session/oidc.js';
import type { Visit } from './session/visit.js';

/** What Vite has built. */
const FOLDER = fileURLToPath(new URL('web/', import.meta.url));
const YEAR_S = 31_536_000;
/** The API, and probes where they are served elsewhere. */
const NO_PAGES = /^\/(api|healthz|readyz|metrics)(\/|$)/;
/** Compressed by the build, the best first: browsers name them in another order. */
const ENCODINGS = Object.entries({ br: '.br', gzip: '.gz' });

const page = readFileSync(join(FOLDER, 'index.html'), 'utf8');
const files: ReadonlySet<string> = new Set(readdirSync(join(FOLDER, 'static')));

/**
 * The application, at every path that the API has not: which page it shows there is its own affair. Its page has nothing of the platform, so
 * that it needs no login; the application asks for one.
 */
export function addApplication(app: Express, settings: ConsoleSettings, oidc: Oidc): void {
  app.get('{*path}', (request, response, next) => {
    if (NO_PAGES.test(request.path)) return next();
    const nonce = randomBytes(16).toString('base64');
    const facts = JSON.stringify(factsOf(settings, request));
    response.set('content-security-policy', contentSecurityPolicy(oidc.formTargets, nonce));
    response
      .type('html')
      .send(page.replaceAll('__NONCE__', nonce).replace('__FACTS__', () => escaped(facts)));
  });
}

/** What the application knows before its first call. */
function factsOf(settings: ConsoleSettings, { session, language }: Visit) {
  const { CONSOLE_USERS_FILE: users, OIDC_ISSUER: issuer, CONSOLE_ENVIRONMENT: environment } = settings;
  const { name, role, scope, formToken } = session ?? {};
  return {
    language,
    environment,
    logins: { password: users !== undefined, singleSignOn: issuer !== undefined },
    session: session && { name, role, scope, formToken },
  };
}

/** Sends a script or a style sheet of the application, whose name has its hash, compressed to browsers that accept it. */
export function sendStatic(request: Request, response: Response): void {
  const name = request.path.slice(1);
  if (!files.has(name)) return void response.status(404).end();
  const [encoding, ending = ''] =
    ENCODINGS.find(([one, ending]) => request.acceptsEncodings(one) && files.has(`${name}${ending}`)) ?? [];
  response.set({
    'cache-control': `public, max-age=${YEAR_S}, immutable`,
    vary: 'accept-encoding',
    ...(encoding && { 'content-encoding': encoding }),
  });
  response.type(name).sendFile(`static/${name}${ending}`, {
    root: FOLDER,
    cacheControl: false,
    lastModified: false,
  });
}

function escaped(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (character) => entities[character] ?? '');
}
