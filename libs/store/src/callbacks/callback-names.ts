import { columns } from '@wxa/postgres';
import type { Pool } from 'pg';

/** How often callbacks of one name were received. */
export interface CallbackName {
  kind: 'MESSAGE' | 'EVENT' | 'AUTHORIZATION';
  name: string;
  firstAt: Date;
  lastAt: Date;
  seen: number;
}

/** WeChat's names are few; this bounds the table whatever is sent. */
export const MAX_NAMES = 500;

const NAME = columns<CallbackName>({
  kind: 'text',
  name: 'text',
  firstAt: 'timestamptz',
  lastAt: 'timestamptz',
  seen: 'bigint',
});

const ADD = `
insert into callback_names as n (${NAME.names})
select ${NAME.from('e')} from ${NAME.rows('e', 1)}
where exists (select from callback_names k where (k.kind, k.name) = (e.kind, e.name))
  or e.ord <= ${MAX_NAMES} - (select count(*) from callback_names)
order by e.kind, e.name
on conflict (kind, name) do update set first_at = least(n.first_at, excluded.first_at),
  last_at = greatest(n.last_at, excluded.last_at), seen = n.seen + excluded.seen`;

/** Adds what was received since the last call, one row for each name. */
export async function addNames(pool: Pool, names: CallbackName[]): Promise<void> {
  if (names.length > 0)
    await pool.query({ name: 'add-callback-names', text: ADD, values: NAME.values(names) });
}

/** All names, those that were received most often first. */
export async function listNames(pool: Pool): Promise<CallbackName[]> {
  const { rows } = await pool.query<CallbackName>(
    `select ${NAME.select('n', { seen: 'seen::float8' })} from callback_names n order by n.seen desc, kind, name`,
  );
  return rows;
}
