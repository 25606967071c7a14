import { facts } from '../api/facts.js';

interface Session {
  user: string;
  role: 'viewer' | 'operator';
  /** Whether the user may act; a viewer only looks. */
  canAct: boolean;
  /** The set of mini-programs that the user sees; all that the console may see unless given. */
  scope: string | undefined;
}

/** Who is logged in. */
export function useSession(): Session {
  const { session } = facts;
  if (session === undefined) throw new Error('nobody is logged in');
  return {
    user: session.name,
    role: session.role,
    canAct: session.role === 'operator',
    scope: session.scope,
  };
}
