export type { AuthorizationPush } from './authorizations.js';
export type { AuthorizerTokens } from './authorizer-tokens.js';
export type { Authorizer, AuthorizerFilter, AuthorizerState, Grant } from './authorizers.js';
export type { Component } from './components.js';
export { Directory, directory } from './directory/directory.js';
export { MATCHES, NEWCOMER, TAKEN_IN_BY_NEWER, TAKES_IN } from './newcomers.js';
export { exportAuthorizers, forgetTokens } from './readers/give-back.js';
export { unrenewed, wantRenewals } from './readers/renewals.js';
export type { TokenReading } from './readers/serve-token.js';
export {
  expiresInS,
  mayBeHandedOut,
  type StoredToken,
  type TokenOwner,
  type WithoutToken,
} from './readers/stored-token.js';
export { listTokenReaders, type TokenReader } from './readers/token-readers.js';
export { recheckAuthorizers } from './recheck.js';
export { rotateSecrets } from './sealed-columns.js';
export { MissingKeyError, readSecretsKey, Secrets } from './secrets.js';
export { stepOfAbsent, stepOfListed } from './sync/decide.js';
export type { Lookup } from './sync/listed.js';
export { NO_PROGRESS, type StoredSync, type SyncProgress } from './sync/runs.js';
export { CODES_CHANNEL, isEndingSoon, mayBeUsed, TOKEN_LIFE } from './token-life.js';
export { TokenStore, tokenStore } from './token-store.js';
