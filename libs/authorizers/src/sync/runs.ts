import type * as contracts from '@wxa/contracts';
import { storable } from '@wxa/postgres';
import { type Actor, NOBODY, recordedTransaction } from '@wxa/postgres/trail';
import type { DirectoryContext } from '../sealed-columns.js';

/** Counts of a sync. */
export type SyncProgress = Pick<
  contracts.AuthorizerSync,
  'pages' | 'total' | 'added' | 'repaired' | 'recovered' | 'unknown'
>;

export const NO_PROGRESS: SyncProgress = {
  ...{ pages: 0, total: 0, added: 0, repaired: 0, recovered: 0, unknown: 0 },
};

/** One run of the sync with WeChat's list of authorizers. */
export interface StoredSync {
  /** In decimal digits. */
  id: string;
  state: 'RUNNING' | 'SUCCEEDED' | 'FAILED';
  progress: SyncProgress;
  startedAt: Date;
  endedAt: Date | null;
  error: string | null;
}

const COLUMNS = 'id, state, progress, started_at as "startedAt", ended_at as "endedAt", error';
const START = `insert into authorizer_syncs (state, progress) values ('RUNNING', $1)
  on conflict do nothing returning ${COLUMNS}`;

/** Starts a sync, which a worker then runs, and records who did it. Undefined if one is running. */
export function startSync(
  { calls, onRecorded }: DirectoryContext,
  by: Actor,
): Promise<StoredSync | undefined> {
  return recordedTransaction(calls, { by, onRecorded }, async (client, record) => {
    const { rows } = await client.query<StoredSync>(START, [NO_PROGRESS]);
    if (rows[0] !== undefined) await record({ action: 'authorizers.synced', detail: { sync: rows[0].id } });
    return rows[0];
  });
}

// The inserted row is not visible to the other part.
const NEXT = `
with due as (
  insert into authorizer_syncs (state, progress)
  select 'RUNNING', $2 from (select started_at from authorizer_syncs order by id desc limit 1) latest
  where $1::float8 > 0 and started_at <= clock_timestamp() - $1::float8 * interval '1 millisecond'
  on conflict do nothing
  returning ${COLUMNS}
)
select ${COLUMNS} from authorizer_syncs where state = 'RUNNING' union all select * from due`;

/**
 * The sync that is to be run; undefined if there is none. The first one is started by an operator, the others once the interval
 * has passed.
 * @param everyMs 0: they are not repeated.
 */
export async function nextSync(
  { calls }: DirectoryContext,
  everyMs: number,
): Promise<StoredSync | undefined> {
  const values = [everyMs, NO_PROGRESS];
  const { rows } = await calls.query<StoredSync>({ name: 'next-sync', text: NEXT, values });
  return rows[0];
}

/** @param id undefined: the latest. */
export async function readSync({ calls }: DirectoryContext, id?: string): Promise<StoredSync | undefined> {
  const text = `select ${COLUMNS} from authorizer_syncs where $1::bigint is null or id = $1 order by id desc limit 1`;
  const { rows } = await calls.query<StoredSync>({ name: 'read-sync', text, values: [id ?? null] });
  return rows[0];
}

export async function keepSyncProgress(
  { calls }: DirectoryContext,
  id: string,
  progress: SyncProgress,
): Promise<void> {
  await calls.query({
    name: 'keep-sync-progress',
    text: `update authorizer_syncs set progress = $2 where id = $1 and state = 'RUNNING'`,
    values: [id, progress],
  });
}

const END = `update authorizer_syncs set state = $2, progress = $3, error = $4, ended_at = clock_timestamp()
  where id = $1 and state = 'RUNNING'`;

/** Ends a sync, and records it if it changed anything. @param error why it failed; null if it succeeded. */
export function endSync(
  { calls, onRecorded }: DirectoryContext,
  id: string,
  progress: SyncProgress,
  error: string | null,
): Promise<void> {
  return recordedTransaction(calls, { by: NOBODY, onRecorded }, async (client, record) => {
    const state = error === null ? 'SUCCEEDED' : 'FAILED';
    const values = [id, state, progress, error === null ? null : storable(error)];
    const { rowCount } = await client.query(END, values);
    const { added, repaired, recovered } = progress;
    if (rowCount === 1 && added + repaired + recovered > 0)
      await record({ action: 'authorizers.synced', detail: { sync: id, added, repaired, recovered } });
  });
}
