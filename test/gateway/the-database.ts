import pg from 'pg';

/** Looks into a database as no part of the product would. */
export class TheDatabase {
  readonly #pool: pg.Pool;

  constructor(url: string) {
    this.#pool = new pg.Pool({ connectionString: url, max: 2 });
    this.#pool.on('error', () => undefined);
  }

  async rows(sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    return (await this.#pool.query(sql, values)).rows;
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}
