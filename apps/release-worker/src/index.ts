/** Used by test/release/component-tokens.spec.ts against a real Postgres. */

/** Used by test/bounds/old-rows.spec.ts against a real Postgres. */
export { Sweeper } from './schedule/sweeper.js';
export { ComponentTokens } from './tokens/component-tokens.js';
