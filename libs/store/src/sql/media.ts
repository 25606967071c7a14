import type { Pool } from 'pg';

const SLICE_BYTES = 256 * 1024;
/** Longer than between a file and its operation, which is accepted right after it. */
const WITHOUT_OPERATION_MS = 600_000;

/** A kept file, read a slice at a time. */
export interface KeptMedia {
  size: number;
  /** Ends with an Error where the file was deleted meanwhile. */
  stream(): AsyncIterable<Uint8Array>;
}

/**
 * Keeps the file of an operation that is about to be accepted; false where all that are kept would have more than
 * `mostBytes`, give or take what comes at the same moment.
 */
export async function keepMedia(
  pool: Pool,
  operationId: string,
  content: Buffer,
  mostBytes: number,
): Promise<boolean> {
  const { rowCount } = await pool.query(
    `insert into operation_attachments (operation_id, content) select $1, $2::bytea
      where (select coalesce(sum(octet_length(content)), 0) from operation_attachments) + octet_length($2::bytea) <= $3`,
    [operationId, content, mostBytes],
  );
  return rowCount === 1;
}

/** The file of an operation; undefined where it is not there. */
export async function openMedia(pool: Pool, operationId: string): Promise<KeptMedia | undefined> {
  const { rows } = await pool.query<{ size: number }>(
    'select octet_length(content) as size from operation_attachments where operation_id = $1',
    [operationId],
  );
  const [row] = rows;
  return row && { size: row.size, stream: () => slices(pool, operationId, row.size) };
}

async function* slices(pool: Pool, operationId: string, size: number): AsyncGenerator<Uint8Array> {
  for (let from = 1; from <= size; from += SLICE_BYTES) {
    const { rows } = await pool.query<{ slice: Buffer }>(
      'select substring(content from $2 for $3) as slice from operation_attachments where operation_id = $1',
      [operationId, from, SLICE_BYTES],
    );
    if (rows[0] === undefined) throw new Error('the file was deleted while it was read');
    yield rows[0].slice;
  }
}

export async function deleteMedia(pool: Pool, operationId: string): Promise<void> {
  await pool.query('delete from operation_attachments where operation_id = $1', [operationId]);
}

/** Deletes what a settlement did not: files whose operation was cancelled, or never accepted. */
export async function deleteOldMedia(pool: Pool): Promise<void> {
  await pool.query(
    `delete from operation_attachments m where exists (
        select from operations o where o.id = m.operation_id and o.ended_at is not null)
      or m.kept_at < statement_timestamp() - $1 * interval '1 millisecond' and not exists (
        select from operations o where o.id = m.operation_id)`,
    [WITHOUT_OPERATION_MS],
  );
}
