import type { Turn } from '@wxa/rollouts/turn';
import type { ClientBase } from 'pg';
import { sql } from '../store/use-store.js';

type Query = (...args: unknown[]) => Promise<unknown>;

/** Passes each statement of a transaction to `sent` instead of sending it. */
function intercept(client: ClientBase, sent: (query: Query, args: unknown[]) => Promise<unknown>): void {
  const query = client.query.bind(client) as Query;
  Object.assign(client, { query: (...args: unknown[]) => sent(query, args) });
}

const release = (client: ClientBase) => Reflect.deleteProperty(client, 'query');

/** Runs something at the first statement of a turn with this name; `send` sends it. */
export function atStatement(
  { client }: Turn,
  name: string,
  run: (send: () => Promise<unknown>) => Promise<unknown>,
): void {
  intercept(client, (query, args) => {
    if ((args[0] as { name?: string }).name !== name) return query(...args);
    release(client);
    return run(() => query(...args));
  });
}

/** Ends the session of a turn before a statement or, with `isSent`, right after it: then its answer is lost. */
export function killAtStatement({ client }: Turn, { at, isSent }: { at: number; isSent: boolean }): void {
  let left = at;
  intercept(client, async (query, args) => {
    left -= 1;
    // The last statement of a transaction: the next one of this connection is not ours.
    if (left === -1 || args[0] === 'commit') release(client);
    if (left !== -1) return query(...args);
    if (isSent) await query(...args);
    await sql(
      'select pg_terminate_backend($1, 5000)',
      (client as ClientBase & { processID: number }).processID,
    );
    throw Object.assign(new Error('the connection is lost'), { code: 'ECONNRESET' });
  });
}
