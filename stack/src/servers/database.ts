import pg from 'pg';

const DUPLICATE_DATABASE = '42P04';

/** Throws unless the server answers a query. */
export async function select1(url: string): Promise<void> {
  await withClient(url, (client) => client.query('select 1'));
}

/**
 * Creates the database `name` on the server of `url`, as a copy of `template` if given (which must have no
 * connections), and returns its URL. An existing database is left unchanged.
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

/** Drops the database `name` and closes its connections. Does nothing if it does not exist. */
export async function dropDatabase(url: string, name: string): Promise<void> {
  await withClient(databaseUrl(url, 'postgres'), (client) =>
    client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`),
  );
}

/** The URL of another database on the same server. */
export function databaseUrl(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = `/${encodeURIComponent(name)}`;
  return other.href;
}

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  // A server that is being stopped closes the connection; the query in flight reports it.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
