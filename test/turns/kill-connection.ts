import type { Turn } from '@wxa/rollouts/rows';
import type { ClientBase } from 'pg';
import { sql } from '../store/use-store.js';

/** Ends the session of a turn before a statement or, with `isSent`, right after it: then its answer is lost. */
export function killAtStatement(turn: Turn, { at, isSent }: { at: number; isSent: boolean }): void {
  const client = Reflect.get(turn, 'client') as ClientBase & { processID: number };
  const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
  let left = at;
  const counted = async (...args: unknown[]) => {
    left -= 1;
    // The last statement of a transaction: the next one of this connection is not ours.
    if (left === -1 || args[0] === 'commit') Reflect.deleteProperty(client, 'query');
    if (left !== -1) return query(...args);
    if (isSent) await query(...args);
    await sql('select pg_terminate_backend($1, 5000)', client.processID);
    throw Object.assign(new Error('the connection is lost'), { code: 'ECONNRESET' });
  };
  Object.assign(client, { query: counted });
}
