import { facts } from '../api/facts.js';

/** Who is logged in, and whether the user may act; a viewer only looks. */
export function useSession() {
  const { session } = facts;
  if (session === undefined) throw new Error('nobody is logged in');
  const { name: user, role, scope } = session;
  return { user, role, scope, canAct: role === 'operator' };
}
