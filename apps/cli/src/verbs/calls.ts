import type { RpcName } from '../gateway/rpc.js';
import type { Verb, Verbs } from './verb.js';

const ROW = /^ {2}(\S.*?) \| (\S+) \| (.+)\n(?: {4}(\S.*)\n)?/gm;

/**
 * Verbs that are one call of the gateway: a line `name | RPC | summary` for each and, below it and further in, the arguments of an
 * example that runs as it stands.
 */
export function calls(table: string): Verbs {
  const rows = [...table.matchAll(ROW)].map(([, name, rpc, summary = '', example = '']): [string, Verb] => [
    String(name),
    { summary, example, settings: ['gateway'], rpc: rpc as RpcName },
  ]);
  return Object.fromEntries(rows);
}
