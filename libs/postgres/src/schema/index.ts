export { buildIndex } from './build-index.js';
export { migrate, rejectIfBehind, SchemaBehindError, UnknownRoleError } from './schema.js';
