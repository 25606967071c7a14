export { buildIndex } from './build-index.js';
export { migrate, UnknownRoleError } from './schema.js';
