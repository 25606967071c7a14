/** Used by test/console. */
export { ROLE_OF, STREAM_ROLE_OF } from './api/roles.js';
export { consoleSettings } from './config.js';
export { Gateway } from './gateway/gateway.js';
export { addRoutes } from './routes.js';
export { Oidc } from './session/oidc.js';
export { SealedCookies } from './session/sealed-cookies.js';
