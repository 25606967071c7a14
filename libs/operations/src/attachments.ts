import type { Pool } from 'pg';

const SLICE_BYTES = 256 * 1024;
/** Age at which an attachment without an operation is deleted; the operation is accepted right after it. */
const WITHOUT_OPERATION_MS = 600_000;

/** A stored attachment, read in slices. */
export interface Attachment {
  size: number;
  /** Ends with an Error if the attachment is deleted in the meantime. */
  stream(): AsyncIterable<Uint8Array>;
}

/** The attachments of unfinished operations: uploads, and the refresh tokens of imports. */
export class AttachmentStore {
  constructor(private readonly pool: Pool) {}

  /**
   * Stores the attachment of an operation that is about to be accepted, until the operation ends. Without an operation it is
   * deleted after 10 minutes. Returns false if all attachments together would exceed `maxBytes`; concurrent uploads may
   * exceed it slightly.
   */
  async keep(operationId: string, content: Buffer, maxBytes: number): Promise<boolean> {
    const { rowCount } = await this.pool.query(
      `insert into operation_attachments (operation_id, content) select $1, $2::bytea
        where (select coalesce(sum(octet_length(content)), 0) from operation_attachments) + octet_length($2::bytea) <= $3`,
      [operationId, content, maxBytes],
    );
    return rowCount === 1;
  }

  /** The attachment of an operation, read in slices; undefined if it has none. */
  async open(operationId: string): Promise<Attachment | undefined> {
    const { rows } = await this.pool.query<{ size: number }>(
      'select octet_length(content) as size from operation_attachments where operation_id = $1',
      [operationId],
    );
    const [row] = rows;
    return row && { size: row.size, stream: () => slices(this.pool, operationId, row.size) };
  }

  async delete(operationId: string): Promise<void> {
    await this.pool.query('delete from operation_attachments where operation_id = $1', [operationId]);
  }

  /** Deletes the attachments that no settlement deletes: those of operations that were cancelled or never accepted. */
  async deleteOld(): Promise<void> {
    await this.pool.query(
      `delete from operation_attachments m where exists (
          select from operations o where o.id = m.operation_id and o.ended_at is not null)
        or m.kept_at < statement_timestamp() - $1 * interval '1 millisecond' and not exists (
          select from operations o where o.id = m.operation_id)`,
      [WITHOUT_OPERATION_MS],
    );
  }
}

async function* slices(pool: Pool, operationId: string, size: number): AsyncGenerator<Uint8Array> {
  for (let from = 1; from <= size; from += SLICE_BYTES) {
    const { rows } = await pool.query<{ slice: Buffer }>(
      'select substring(content from $2 for $3) as slice from operation_attachments where operation_id = $1',
      [operationId, from, SLICE_BYTES],
    );
    if (rows[0] === undefined) throw new Error('the attachment was deleted while it was being read');
    yield rows[0].slice;
  }
}
