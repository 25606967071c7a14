export * from './callback-crypto.js';
