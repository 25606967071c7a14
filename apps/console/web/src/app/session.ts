import { facts } from '../api/facts.js';

/** Who is logged in. */
export const { name: user = '', role = 'viewer', scope } = facts.session ?? {};

/** Whether the user may act; a viewer only looks. */
export const canAct = role === 'operator';
