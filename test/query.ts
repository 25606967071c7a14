import pg from 'pg';

/** Runs SQL on a connection of its own. */
export async function query<Row extends object>(
  url: string,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Row>(text, values.length > 0 ? values : undefined)).rows;
  } finally {
    await client.end();
  }
}
