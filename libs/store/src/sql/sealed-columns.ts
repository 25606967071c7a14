import type { Pool } from 'pg';
import { MissingKeyError, type Secrets } from '../secrets.js';
import { transaction } from './transaction.js';

/** Every column that holds sealed texts. */
const SEALED = {
  components: ['ticket', 'access_token'],
  authorizers: ['code', 'refresh_token', 'access_token'],
};
type Table = keyof typeof SEALED;
const TABLES: Table[] = ['components', 'authorizers'];

const BATCH = 200;

/** What a secret belongs to. */
export function placeOf(table: Table, appid: string, column: string): string {
  return `${table}/${appid}/${column}`;
}

/** Rejects with MissingKeyError where stored secrets are under a key that this process does not have. */
export async function checkKeys(pool: Pool, secrets: Secrets): Promise<void> {
  const texts = TABLES.flatMap((table) =>
    SEALED[table].map((column) => `select ${column} as sealed from ${table}`),
  );
  const { rows } = await pool.query<{ keyId: string }>(
    `select distinct split_part(sealed, '.', 1) as "keyId" from (${texts.join(' union all ')}) texts
     where sealed is not null and split_part(sealed, '.', 1) <> all($1) order by 1`,
    [secrets.keyIds],
  );
  if (rows.length > 0) throw new MissingKeyError(rows.map(({ keyId }) => keyId));
}

/**
 * Seals anew, in small transactions, all that is not under the current key. Can be ended and run again at any time,
 * and while the processes run.
 * @param onProgress hears after each transaction how many rows of a table are done, of how many.
 */
export async function rotateSecrets(
  pool: Pool,
  secrets: Secrets,
  onProgress: (table: string, done: number, of: number) => void,
): Promise<void> {
  await checkKeys(pool, secrets);
  for (const table of TABLES) {
    const { rows } = await pool.query<{ n: string }>(
      `select count(*) as n from ${table} where ${outdated(table)}`,
      [secrets.keyId],
    );
    const of = Number(rows[0]?.n);
    onProgress(table, 0, of);
    let done = 0;
    let n = await rotateBatch(pool, secrets, table);
    while (n > 0) {
      done += n;
      onProgress(table, done, of);
      n = await rotateBatch(pool, secrets, table);
    }
  }
}

function outdated(table: Table): string {
  return SEALED[table].map((column) => `split_part(${column}, '.', 1) <> $1`).join(' or ');
}

function rotateBatch(pool: Pool, secrets: Secrets, table: Table): Promise<number> {
  return transaction(pool, async (client) => {
    const columns = SEALED[table];
    const { rows } = await client.query<Record<string, string | null> & { appid: string }>(
      `select appid, ${columns.join(', ')} from ${table} where ${outdated(table)}
       order by appid limit ${BATCH} for update`,
      [secrets.keyId],
    );
    for (const row of rows) {
      const sealed = columns.map((column) => {
        const text = row[column] ?? null;
        const place = placeOf(table, row.appid, column);
        return text === null ? null : secrets.seal(place, secrets.open(place, text));
      });
      const set = columns.map((column, i) => `${column} = $${i + 2}`).join(', ');
      await client.query(`update ${table} set ${set} where appid = $1`, [row.appid, ...sealed]);
    }
    return rows.length;
  });
}
