/** Used by test/turns against a real Postgres. */

export { Conductor, type ConductorOptions } from './rollouts/conductor.js';
/** Used by test/release against a real Postgres. */
export { AuthorizerSync } from './sync/authorizer-sync.js';
export { ComponentTokens } from './tokens/component-tokens.js';
export { EndpointTokens } from './tokens/endpoint-tokens.js';
export type { TokenSource } from './tokens/token-source.js';
