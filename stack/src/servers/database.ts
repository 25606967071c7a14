import pg from 'pg';

const DUPLICATE_DATABASE = '42P04';

/** Throws unless the server answers a query. */
export async function select1(url: string): Promise<void> {
  await withClient(url, (client) => client.query('select 1'));
}

/**
 * Makes the database `name` on the server of `url`, as a copy of `template` where one is given (nobody may be
 * connected to it), and returns its URL. A database that is there already is left as it is.
 */
export async function createDatabase(url: string, name: string, template?: string): Promise<string> {
  const copy = template === undefined ? '' : ` template ${pg.escapeIdentifier(template)}`;
  await withClient(databaseUrl(url, 'postgres'), async (client) => {
    try {
      await client.query(`create database ${pg.escapeIdentifier(name)}${copy}`);
    } catch (error) {
      if (!(error instanceof pg.DatabaseError && error.code === DUPLICATE_DATABASE)) throw error;
    }
  });
  return databaseUrl(url, name);
}

/** Removes the database `name`, ending whoever is connected to it; nothing happens where there is none. */
export async function dropDatabase(url: string, name: string): Promise<void> {
  await withClient(databaseUrl(url, 'postgres'), (client) =>
    client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`),
  );
}

/** The same server's URL for another database. */
export function databaseUrl(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = `/${encodeURIComponent(name)}`;
  return other.href;
}

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  // A server that is being stopped drops us; the query in flight tells of it.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
