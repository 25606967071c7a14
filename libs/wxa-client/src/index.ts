export * from './audit-reasons.js';
export * from './callback-crypto.js';
export * from './callback-push.js';
export * from './callback-xml.js';
export { describeErrcode, type ErrcodeInfo, type ErrorCategory, knownErrcodes } from './errcodes.js';
