/** Used by test/console. */
import { PAGES as pages } from './pages/index.js';

export { consoleSettings } from './config.js';
export { Gateway } from './gateway/gateway.js';
export { Oidc } from './session/oidc.js';
export { SealedCookies } from './session/sealed-cookies.js';
/** The controllers of all pages; their own types would bring those of browsers into the tests. */
export const PAGES: readonly { prototype: object }[] = pages;
