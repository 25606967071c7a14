/** Used by test/release/component-tokens.spec.ts against a real Postgres. */
export { ComponentTokens } from './tokens/component-tokens.js';
