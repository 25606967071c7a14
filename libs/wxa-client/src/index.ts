export * from './audit-reasons.js';
export * from './callback-crypto.js';
export * from './callback-push.js';
export * from './callback-xml.js';
