import type { ClientBase, QueryResultRow } from 'pg';
import type { RestoreTools } from './report.js';

/** Before all ids. */
export const NIL_UUID = '00000000-0000-0000-0000-000000000000';

/** Reads the page after the last row of the previous one. */
type ReadPage<Row> = (client: ClientBase, last: Row | undefined) => Promise<Row[]>;

/** Reads pages by a statement. @param after its parameters, from the last row of the previous page. */
export function pages<Row extends QueryResultRow>(
  text: string,
  after: (last: Row | undefined) => unknown[],
): ReadPage<Row> {
  return async (client, last) => (await client.query<Row>(text, after(last))).rows;
}

/**
 * Reads and handles page after page, each in a transaction of its own, until one is empty.
 * @param step its name for `onProgress`.
 */
export async function eachPage<Row>(
  { session, onProgress }: Pick<RestoreTools, 'session' | 'onProgress'>,
  step: string,
  read: ReadPage<Row>,
  handle: (client: ClientBase, rows: Row[]) => Promise<void>,
): Promise<void> {
  let done = 0;
  for (let last: Row | undefined; ; ) {
    const rows = await session.transaction(async (client) => {
      const page = await read(client, last);
      if (page.length > 0) await handle(client, page);
      return page;
    });
    last = rows.at(-1);
    if (last === undefined) return;
    done += rows.length;
    onProgress(step, done);
  }
}
