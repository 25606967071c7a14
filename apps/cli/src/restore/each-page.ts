import type { RestoreSession } from '@wxa/restore';
import type { ClientBase } from 'pg';

/** How to read and handle pages; both run in one transaction. */
export interface Pages<Row> {
  /** @param last the last row of the previous page. */
  read(client: ClientBase, last: Row | undefined): Promise<Row[]>;
  handle(client: ClientBase, rows: Row[]): Promise<void>;
  /** Called with the number of rows handled so far. */
  onPage(done: number): void;
}

/** Handles page after page, each in a transaction of its own, until one is empty. */
export async function eachPage<Row>(
  session: RestoreSession,
  { read, handle, onPage }: Pages<Row>,
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
    onPage(done);
  }
}
