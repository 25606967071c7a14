export { ComponentTokens } from './tokens/component-tokens.js';
