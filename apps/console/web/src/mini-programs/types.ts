import type { Response } from '../api/types.js';

export type MiniProgram = Response<'Fleet/GetMiniProgram'>;
export type Authorizer = Response<'Authorizers/GetAuthorizer'>;
export type Operation = Response<'Operations/ListOperations'>['operations'][number];
