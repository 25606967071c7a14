import { type Express, json } from 'express';
import { addCalls, type CallParts } from './api/calls.js';
import { addApplication } from './application.js';
import { publicUrl } from './config.js';
import { Refusal } from './http/refusal.js';
import { addLogins, type LoginParts } from './session/login-routes.js';
import type { Grant, Scopes } from './session/scopes.js';
import type { Sessions } from './session/sessions.js';
import { ACTIVE_PATH, addVisit, requireLogin, requireOrigin } from './session/visit.js';

/** A pasted list of 100,000 mini-programs with overrides. */
const BODY_LIMIT = '16mb';
const BODY_LIMIT_BEFORE_LOGIN = '16kb';

export interface Parts extends CallParts, LoginParts {
  sessions: Sessions;
  scopes: Scopes;
}

/** Everything that browsers may ask for. */
export function addRoutes(app: Express, parts: Parts): void {
  const { sessions, cookies, scopes, settings, oidc } = parts;
  app.use(addVisit(sessions, cookies), requireOrigin(publicUrl(settings).origin));
  app.use('/login', json({ limit: BODY_LIMIT_BEFORE_LOGIN }));
  app.use(['/api', '/logout'], requireLogin, json({ limit: BODY_LIMIT }));
  addLogins(app, parts);
  app.post(ACTIVE_PATH, (_, response) => {
    response.json({});
  });
  // Who may use the console, without passwords: the gateway does not know people. A user of a scope sees those of that scope.
  app.post('/api/console/users', ({ session }, response) => {
    const isShown = ({ scope }: Grant) => session?.scope === undefined || scope === session.scope;
    const users = sessions.users.filter(isShown).map(({ name, role, scope }) => ({ name, role, scope }));
    response.json({ users, groups: scopes.groups.filter(isShown) });
  });
  addCalls(app, parts);
  addApplication(app, settings, oidc);
  app.use(() => {
    throw new Refusal('NOT_FOUND');
  });
}
