import { templatesOf } from '@wxa/operations';
import type { OperationJson } from '../calls/operation.js';
import { withPool } from '../database.js';

/** Those of some operations that are wanted. */
export type Filter = (operations: OperationJson[]) => Promise<OperationJson[]>;

/** Runs something with a filter that keeps the operations of a template, which Postgres knows. */
export function withTemplate<T>(template: string, use: (keep: Filter) => Promise<T>): Promise<T> {
  return withPool('ops', (pool) =>
    use(async (operations) => {
      const ids = operations.map(({ id }) => id);
      const templates = await templatesOf(pool, ids);
      return operations.filter(({ id }) => templates.get(id) === template);
    }),
  );
}
