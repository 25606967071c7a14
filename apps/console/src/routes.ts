import { type Express, json, type NextFunction, type Request, type Response } from 'express';
import { addCalls, type CallParts } from './api/calls.js';
import { addApplication } from './application.js';
import { publicUrl } from './config.js';
import { Refusal } from './http/refusal.js';
import { addLogins, type LoginParts } from './session/login-routes.js';
import type { Scopes } from './session/scopes.js';
import type { Sessions } from './session/sessions.js';
import { addVisit, requireLogin, requireOrigin, type VisitRequest } from './session/visit.js';

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
  app.use(addVisit(sessions, cookies), requireOrigin(publicUrl(settings).origin), parseBody());
  app.use(['/api', '/logout'], requireLogin);
  addLogins(app, parts);
  // Who may use the console, without passwords: the gateway does not know people.
  app.post('/api/console/users', (_, response) => {
    const users = sessions.users.map(({ name, role, scope }) => ({ name, role, scope }));
    response.json({ users, groups: scopes.groups });
  });
  addCalls(app, parts);
  addApplication(app, settings, oidc);
  app.use(() => {
    throw new Refusal('NOT_FOUND');
  });
}

/** Bodies are JSON; those of visitors who are not logged in are small. */
function parseBody() {
  const [small, large] = [json({ limit: BODY_LIMIT_BEFORE_LOGIN }), json({ limit: BODY_LIMIT })];
  return (request: Request, response: Response, next: NextFunction) => {
    const parse = (request as VisitRequest).session === undefined ? small : large;
    parse(request, response, next);
  };
}
