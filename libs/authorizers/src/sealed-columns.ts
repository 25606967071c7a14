import type { ToAuthorizerEvent } from '@wxa/contracts';
import type { AppName } from '@wxa/postgres/outbox';
import { type OnRecorded, type Recording, recordedTransaction } from '@wxa/postgres/trail';
import type { ClientBase, Pool } from 'pg';
import { MissingKeyError, type Secrets } from './secrets.js';

/** The pools of the directory of mini-programs. */
export interface DirectoryContext {
  calls: Pool;
  /** For WeChat's callbacks. */
  pushes: Pool;
  lists: Pool;
  /** Undefined if access tokens come from elsewhere: then no code and no token is stored. */
  secrets: Secrets | undefined;
  /** The app in whose outbox changes are published. */
  writer: AppName;
  toEvent: ToAuthorizerEvent;
  /** Logs the rows of the audit trail. */
  onRecorded: OnRecorded | undefined;
}

/** The pools and the keys of the token store. */
export interface TokenContext extends DirectoryContext {
  secrets: Secrets;
}

/** Every column with encrypted texts. */
const SEALED = {
  components: ['ticket', 'access_token'],
  authorizers: ['code', 'refresh_token', 'access_token'],
};
type Table = keyof typeof SEALED;
const TABLES: Table[] = ['components', 'authorizers'];

const BATCH = 200;

/** The row and column of a secret. */
export function placeOf(table: Table, appid: string, column: string): string {
  return `${table}/${appid}/${column}`;
}

/** Rejects with MissingKeyError if stored secrets are encrypted with a key that this process does not have. */
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

/** Where encrypted texts are stored, for a rotation; `t` is the row that is written. */
interface Sealed {
  table: string;
  from: string;
  id: string;
  appid: string;
  /** The table of the place that they are encrypted for. */
  of: Table;
  columns: string[];
  read(column: string): string;
  set(column: string, value: string): string;
}

function sealedIn(table: Table): Sealed {
  return {
    ...{ table, from: `${table} t`, id: 'appid', appid: 'appid', of: table, columns: SEALED[table] },
    read: (column) => column,
    set: (column, value) => `${column} = ${value}`,
  };
}

/**
 * The refresh token of an import is an attachment of its operation, encrypted for its later place. One under an unknown key
 * fails only its import, so `checkKeys` ignores it.
 */
const IMPORTS: Sealed = {
  table: 'operation_attachments',
  from: 'operation_attachments t join operations o on o.id = t.operation_id',
  id: 'operation_id',
  appid: `o.request ->> 'authorizerAppid'`,
  of: 'authorizers',
  columns: ['refresh_token'],
  // Other attachments are large and not text.
  read: () => `case o.method when 'ImportAuthorizer' then encode(t.content, 'escape') end`,
  set: (_, value) => `content = convert_to(${value}, 'UTF8')`,
};

/** Every place of encrypted texts, in the order of a rotation. */
const PLACES: readonly Sealed[] = [...TABLES.map(sealedIn), IMPORTS];

/**
 * Re-encrypts, in small transactions, all secrets under the previous key. It can be interrupted and run again at any time,
 * also while the service runs. The last batch records the rotation.
 * @param onProgress called after each transaction with the number of finished rows of a table, and of all.
 */
export async function rotateSecrets(
  pool: Pool,
  secrets: Secrets,
  recording: Recording,
  onProgress: (table: string, done: number, of: number) => void,
): Promise<void> {
  await checkKeys(pool, secrets);
  for (const sealed of PLACES) {
    const of = await countOutdated(pool, secrets, [sealed]);
    onProgress(sealed.table, 0, of);
    let done = 0;
    let n = await rotateBatch(pool, secrets, sealed, recording);
    while (n > 0) {
      done += n;
      onProgress(sealed.table, done, of);
      n = await rotateBatch(pool, secrets, sealed, recording);
    }
  }
}

async function countOutdated(
  client: ClientBase | Pool,
  secrets: Secrets,
  places: readonly Sealed[],
): Promise<number> {
  const counts = places.map((sealed) => `(select count(*) from ${sealed.from} where ${isOutdated(sealed)})`);
  const { rows } = await client.query<{ n: string }>(`select ${counts.join(' + ')} as n`, [
    outdated(secrets),
  ]);
  return Number(rows[0]?.n);
}

function outdated({ keyId, keyIds }: Secrets): string[] {
  return keyIds.filter((id) => id !== keyId);
}

function isOutdated({ columns, read }: Sealed): string {
  return columns.map((column) => `split_part(${read(column)}, '.', 1) = any($1)`).join(' or ');
}

function rotateBatch(pool: Pool, secrets: Secrets, sealed: Sealed, recording: Recording): Promise<number> {
  const { table, from, id, appid, of, columns, read, set } = sealed;
  return recordedTransaction(pool, recording, async (client, record) => {
    const texts = columns.map((column) => `${read(column)} as ${column}`);
    const { rows } = await client.query<Record<string, string | null> & { id: string; appid: string }>(
      `select ${id} as id, ${appid} as appid, ${texts.join(', ')} from ${from} where ${isOutdated(sealed)}
       order by 1 limit ${BATCH} for update of t`,
      [outdated(secrets)],
    );
    for (const row of rows) {
      const resealed = columns.map((column) => {
        const text = row[column] ?? null;
        const place = placeOf(of, row.appid, column);
        return text === null ? null : secrets.seal(place, secrets.open(place, text));
      });
      const sets = columns.map((column, i) => set(column, `$${i + 2}`));
      await client.query(`update ${table} set ${sets.join(', ')} where ${id} = $1`, [row.id, ...resealed]);
    }
    if (rows.length > 0 && (await countOutdated(client, secrets, PLACES)) === 0)
      await record({ action: 'secrets.rotated', detail: { keyId: secrets.keyId } });
    return rows.length;
  });
}
