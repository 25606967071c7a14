import type { ClientBase } from 'pg';

/** What WeChat sends more than once under the same key, and the mini-program of the URL that it was sent to. */
export interface NotedKey {
  key: string;
  appid: string;
}

/** Whether a key is new, was noted before at the same URL, or was noted before at the URL of another mini-program. */
export type KeyStatus = 'new' | 'repeated' | 'replayed';

/**
 * A table of keys, each with `appid` and `received_at`, from which each batch deletes up to twice the rows that it adds, so that it
 * has the recent ones only, and those that arrive again.
 */
export class NotedKeys {
  readonly #table: string;
  readonly #note: string;
  readonly #find: string;

  /** @param column of the key. @param kept how long, as an interval of Postgres. */
  constructor(table: string, column: string, kept: string) {
    this.#table = table;
    // A key that is given stays: the insert would still meet its row, and the search after it would not.
    this.#note = `
with old as (
  delete from ${table} where ${column} in (
    select ${column} from ${table} where received_at < now() - interval '${kept}' and ${column} <> all($1)
    order by received_at limit 2 * cardinality($1::text[]) for update skip locked)
)
insert into ${table} (${column}, appid)
select key, appid from unnest($1::text[], $2::text[]) with ordinality as i(key, appid, ord)
order by key, ord
on conflict (${column}) do nothing returning ${column} as key, appid`;
    this.#find = `select ${column} as key, appid from ${table} where ${column} = any($1)`;
  }

  /** Stores keys and returns the status of each. */
  async note(client: ClientBase, keys: readonly NotedKey[]): Promise<KeyStatus[]> {
    const first = await this.#run(client, 'note', this.#note, [
      keys.map(({ key }) => key),
      keys.map(({ appid }) => appid),
    ]);
    const repeated = keys.filter(({ key }) => !first.has(key));
    // A separate statement, which sees the rows that the first one waited for.
    const earlier = await this.#run(client, 'find', this.#find, [repeated.map(({ key }) => key)]);
    return keys.map(({ key, appid }) => {
      const owner = first.get(key) ?? earlier.get(key);
      if (owner !== appid) return 'replayed';
      earlier.set(key, owner);
      return first.delete(key) ? 'new' : 'repeated';
    });
  }

  /** Returns the mini-program of each key. */
  async #run(
    client: ClientBase,
    what: string,
    text: string,
    [keys = [], ...more]: unknown[][],
  ): Promise<Map<string, string>> {
    if (keys.length === 0) return new Map();
    const name = `${what}-${this.#table.replaceAll('_', '-')}`;
    const { rows } = await client.query<NotedKey>({ name, text, values: [keys, ...more] });
    return new Map(rows.map(({ key, appid }) => [key, appid]));
  }
}
