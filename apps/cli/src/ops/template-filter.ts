import { templatesOf } from '@wxa/operations';
import { poolOf } from '@wxa/postgres';
import { readConfig } from '@wxa/service/settings';
import type { OperationJson } from '../calls/operation.js';
import { databaseCommand, withDatabase } from '../database.js';

/** Those of some operations that are wanted. */
export type Filter = (operations: OperationJson[]) => Promise<OperationJson[]>;

/** Runs something with a filter that keeps the operations of a template, which Postgres knows. */
export function withTemplate<T>(template: string, use: (keep: Filter) => Promise<T>): Promise<T> {
  return withDatabase(readConfig(databaseCommand, process.env), 'ops', (dataSource) =>
    use(async (operations) => {
      const ids = operations.map(({ id }) => id);
      const templates = await templatesOf(poolOf(dataSource), ids);
      return operations.filter(({ id }) => templates.get(id) === template);
    }),
  );
}
