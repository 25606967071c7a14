import type { Express } from 'express';
import type { ConsoleSettings } from '../config.js';
import { localPath } from '../http/local-path.js';
import { Refusal } from '../http/refusal.js';
import type { Cookies } from './cookies.js';
import type { Logins } from './logins.js';
import { CALLBACK_PATH, type Oidc, PENDING_SECONDS } from './oidc.js';
import { SESSION_SECONDS } from './session.js';

export interface LoginParts {
  settings: ConsoleSettings;
  logins: Logins;
  oidc: Oidc;
  cookies: Cookies;
}

/** Log in by password or single sign-on, and log out. The application has the page of the login. */
export function addLogins(app: Express, parts: LoginParts): void {
  const { settings, logins, cookies } = parts;
  app.post('/login', async ({ body, ip = '' }, response) => {
    if (settings.CONSOLE_USERS_FILE === undefined) throw new Refusal('NOT_FOUND');
    const { name, password, to } = body ?? {};
    const session = await logins.logIn({ name: `${name}`, password: `${password}`, address: ip });
    cookies.set(response, 'session', session, SESSION_SECONDS);
    response.json({ to: localPath(to) });
  });
  app.post('/logout', ({ session, ip = '' }, response) => {
    logins.loggedOut(session?.name ?? '', ip);
    cookies.clear(response, 'session');
    response.json({});
  });
  addSingleSignOn(app, parts);
}

/** To the OIDC issuer and back; the page of the login says why it failed. */
function addSingleSignOn(app: Express, { settings, logins, oidc, cookies }: LoginParts): void {
  // A POST, so that no other site can begin a login.
  app.post('/login/oidc', async ({ originalUrl, ip = '' }, response) => {
    if (settings.OIDC_ISSUER === undefined) throw new Refusal('NOT_FOUND');
    const to = new URL(originalUrl, 'http://console').searchParams.get('to');
    try {
      const { url, pending } = await oidc.begin(localPath(to));
      cookies.set(response, 'singleSignOn', pending, PENDING_SECONDS);
      response.redirect(303, url.href);
    } catch (error) {
      logins.failed(error, ip);
      response.redirect(303, '/login?refused=ISSUER_UNAVAILABLE');
    }
  });
  app.get(CALLBACK_PATH, async ({ headers, originalUrl, ip = '' }, response) => {
    if (settings.OIDC_ISSUER === undefined) throw new Refusal('NOT_FOUND');
    const pending = cookies.of(headers.cookie)('singleSignOn');
    cookies.clear(response, 'singleSignOn');
    try {
      const { user, to } = await oidc.finish(originalUrl, pending ?? '');
      if (user.grant === undefined) return response.redirect(303, '/login?refused=NO_ROLE');
      const session = await logins.logInByOidc({ ...user.grant, name: user.name }, ip);
      cookies.set(response, 'session', session, SESSION_SECONDS);
      response.redirect(303, to);
    } catch (error) {
      logins.failed(error, ip);
      response.redirect(303, '/login?refused=SINGLE_SIGN_ON_FAILED');
    }
  });
}
