/** Used by test/turns against a real Postgres. */

export { Conductor, type ConductorOptions } from './rollouts/conductor.js';
/** Used by test/release/component-tokens.spec.ts against a real Postgres. */
export { ComponentTokens } from './tokens/component-tokens.js';
