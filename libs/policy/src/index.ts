export { AppidSet } from './appid-set.js';
export { isApiKey, newApiKey } from './credentials/api-key.js';
export { type CertificateNames, certificateKeys, jwtKeys } from './credentials/credential-keys.js';
export { hashPassword, isPassword } from './credentials/password.js';
export {
  errorsOfForwards,
  type ForwardRule,
  type ForwardRules,
  isKept,
  readForwards,
  ruleFor,
  SOME_APPID,
  TICKET,
  TOKEN_CALLBACKS,
  urlOf,
} from './forwards/parse-forwards.js';
export { isListable, isOfCalls, type ListedCall } from './listed-call.js';
export { isKnownMethod, METHOD_ACCESS, type MethodAccess, type TokenRead } from './method-access.js';
export { parsePolicy } from './parse-policy.js';
export type { Caller, CallerLimits, Found, Policy, VisibleAppids } from './policy.js';
export type { PolicyError } from './policy-document.js';
export { NAME } from './policy-shape.js';
export { type ReadPolicy, readPolicy, readPolicySync } from './read-policy.js';
export { formatUsers, parseFile, parseUsers, ROLES, type Role, type StoredUser } from './users.js';
