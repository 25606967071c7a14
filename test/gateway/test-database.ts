import pg from 'pg';

/** Direct access to the database of a gateway under test. */
export class TestDatabase {
  #url = '';
  #pool: pg.Pool | undefined;
  readonly #holders: pg.Client[] = [];

  connect(url: string): void {
    this.#url = url;
    this.#pool = new pg.Pool({ connectionString: url, max: 2 });
    this.#pool.on('error', () => undefined);
  }

  async rows(sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    if (this.#pool === undefined) throw new Error('not connected');
    return (await this.#pool.query(sql, values)).rows;
  }

  /** A client with an open transaction, which `close` ends with the client. */
  async begin(): Promise<pg.Client> {
    const holder = new pg.Client(this.#url);
    this.#holders.push(holder);
    await holder.connect();
    await holder.query('begin');
    return holder;
  }

  /** Takes a lock that is held until the returned function is called, or until `close`. */
  async hold(lock: string): Promise<() => Promise<void>> {
    const holder = await this.begin();
    await holder.query(lock);
    return () => holder.end();
  }

  async close(): Promise<void> {
    await Promise.all(this.#holders.map((holder) => holder.end()));
    await this.#pool?.end();
  }
}
