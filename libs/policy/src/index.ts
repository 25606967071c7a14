export { isApiKey, type NewApiKey, newApiKey } from './api-key.js';
export { METHOD_ACCESS, type MethodAccess } from './method-access.js';
export { parsePolicy } from './parse-policy.js';
export { hashPassword, isPassword } from './password.js';
export {
  type Caller,
  type CallerLimits,
  type CertificateNames,
  certificateKeys,
  type Decision,
  type Found,
  jwtKeys,
  type Policy,
  type Rule,
  type VisibleAppids,
} from './policy.js';
export type { PolicyError } from './policy-document.js';
export { type ReadPolicy, readPolicy, readPolicySync } from './read-policy.js';
export { formatUsers, parseUsers, ROLES, type Role, type StoredUser } from './users.js';
