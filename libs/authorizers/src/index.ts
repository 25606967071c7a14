export type { AuthorizationPush } from './authorizations.js';
export type { AuthorizerTokens } from './authorizer-tokens.js';
export type { Authorizer, AuthorizerFilter, AuthorizerState, Grant } from './authorizers.js';
export type { Component } from './components.js';
export { recheckAuthorizers } from './recheck.js';
export { rotateSecrets } from './sealed-columns.js';
export { MissingKeyError, readSecretsKey, Secrets } from './secrets.js';
export { isEndingSoon, mayBeUsed, TOKEN_LIFE } from './token-life.js';
export { CODES_CHANNEL, TokenStore, tokenStore } from './token-store.js';
