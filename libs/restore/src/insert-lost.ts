import { NEW, type NewOperation, operationColumns, type StoredOperation } from '@wxa/operations';
import type { ClientBase } from 'pg';

/** An operation that only Kafka knows, by its command. */
export type LostOperation = Omit<NewOperation, 'acceptedBy' | 'onBehalfOf' | 'command'> & {
  /** Of its command. */
  offset: string;
};

// A command does not name its rollout, but its request_id does.
const ROLLOUT_ID = `substring(request_id from '^rollout-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-')::uuid`;

const COMMANDED = NEW.omit('acceptedBy', 'onBehalfOf', 'rolloutId');

const INSERT = `
insert into operations (${COMMANDED.names}, rollout_id)
select ${COMMANDED.from('i')}, ${ROLLOUT_ID} from ${COMMANDED.rows('i', 1)} order by ord
on conflict do nothing
returning id`;

/** Inserts, in order, the operations that are neither in Postgres nor conflict with one there. Returns how many. */
export async function insertLost(client: ClientBase, lost: LostOperation[]): Promise<number> {
  const { rows } = await client.query<{ id: string }>(INSERT, COMMANDED.values(lost));
  const inserted = new Set(rows.map(({ id }) => id));
  await moveBehind(
    client,
    lost.filter(({ id }) => inserted.has(id)),
  );
  return inserted.size;
}

// What was accepted since Postgres lost time has lower numbers than what is inserted now. Only the first command of an
// operation counts, because the relay can publish it again later.
const ACCEPTED_LATER = `
select y.id from unnest($1::uuid[], $2::text[], $3::bigint[]) as i(id, appid, at_offset)
join operations y on y.appid = i.appid and y.is_change and y.ended_at is null and y.id <> all($1)
cross join lateral (
  select min(c.at_offset) as at_offset from restore_events c
  where c.operation_id = y.id and c.type = 'wxa.code.v1.CodeCommand') command
where coalesce(command.at_offset > i.at_offset, y.id > i.id)
group by y.id order by min(y.seq)`;

/** Moves unfinished changes that were accepted after these operations of their mini-programs behind them. */
async function moveBehind(client: ClientBase, inserted: LostOperation[]): Promise<void> {
  if (inserted.length === 0) return;
  const { rows } = await client.query<{ id: string }>(ACCEPTED_LATER, [
    inserted.map((o) => o.id),
    inserted.map((o) => o.appid),
    inserted.map((o) => o.offset),
  ]);
  for (const { id } of rows) await client.query('update operations set seq = default where id = $1', [id]);
}

/** An operation in Postgres that has the request_id of one that only Kafka knows. */
export type SameRequestId = StoredOperation & { requestHash: Buffer };

/** The operation with a request_id, locked. */
export async function lockByRequestId(
  client: ClientBase,
  appid: string,
  requestId: string,
): Promise<SameRequestId | undefined> {
  const { rows } = await client.query<SameRequestId>(
    `select o.request_hash as "requestHash", ${operationColumns('o')} from operations o
     where appid = $1 and request_id = $2 for update`,
    [appid, requestId],
  );
  return rows[0];
}

/** Whether a mini-program has another unfinished change that has begun or was accepted before `acceptedAs`. */
export async function hasEarlierUnfinished(
  client: ClientBase,
  { id, appid }: Pick<SameRequestId, 'id' | 'appid'>,
  acceptedAs: string,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `select from operations where appid = $1 and id <> $2 and is_change and ended_at is null
       and (id < $3 or state in ('RUNNING', 'RETRYING', 'IN_DOUBT')) limit 1`,
    [appid, id, acceptedAs],
  );
  return rowCount === 1;
}
