/** For test/release/component-tokens.spec.ts, which drives it against a real Postgres. */
export { ComponentTokens } from './tokens/component-tokens.js';
