import type { Pool } from 'pg';

/** Whether an operation of a mini-program is known, and has ended. */
export interface LookUp {
  known: boolean;
  ended: boolean;
}

/** Looks up operations by id without reading their requests; one result for each, in order. */
export async function lookUp(pool: Pool, wanted: { id: string; appid: string }[]): Promise<LookUp[]> {
  const { rows } = await pool.query<{ id: string; appid: string; ended: boolean }>({
    name: 'look-up',
    text: 'select id, appid, ended_at is not null as ended from operations where id = any($1::uuid[])',
    values: [wanted.map(({ id }) => id)],
  });
  const found = new Map(rows.map((row) => [row.id, row]));
  return wanted.map(({ id, appid }) => {
    const row = found.get(id);
    return { known: row?.appid === appid, ended: row?.ended === true };
  });
}
