import { TOPICS } from '@wxa/contracts';
import { NEW } from '@wxa/operations';
import { columns, withoutNul } from '@wxa/postgres';
import type { ClientBase } from 'pg';
import { eachPage } from '../session/each-page.js';
import type { RestoreTools } from '../session/report.js';
import { inOrderOfAcceptance, type LostOperation } from '../stage/published.js';
import { firstCommandOf, stagedOn } from '../stage/staged-events.js';
import { withdrawDoubts } from './doubts.js';

/** Inserts the operations that only Kafka knows, in the order of their commands. */
export function insertOperations(tools: RestoreTools): Promise<void> {
  return eachPage(tools, 'commands', stagedOn(TOPICS.commands), async (client, commands) => {
    tools.report.counts.inserted += await insertLost(client, inOrderOfAcceptance(commands));
  });
}

// A command does not name its rollout, but its request_id does.
const ROLLOUT_ID = `substring(request_id from '^rollout-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-')::uuid`;

// Only a listed call says which API it calls.
const API = `case when method in ('QueryWechat', 'ChangeWechat') then ${withoutNul('request::json')} ->> 'api' end`;

const COMMANDED = NEW.omit('acceptedBy', 'onBehalfOf', 'rolloutId');

const INSERT = `
insert into operations (${COMMANDED.names}, rollout_id, api)
select ${COMMANDED.from('i')}, ${ROLLOUT_ID}, ${API} from ${COMMANDED.rows('i', 1)} order by ord
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

const PLACE = columns<Pick<LostOperation, 'id' | 'appid' | 'offset'>>({
  id: 'uuid',
  appid: 'text',
  offset: ['bigint', 'at_offset'],
});

// What was accepted since Postgres lost time has lower numbers than what is inserted now.
const ACCEPTED_LATER = `
select y.id from ${PLACE.rows('i', 1)}
join operations y on y.appid = i.appid and y.is_change and y.ended_at is null and y.id <> all($1)
where coalesce(${firstCommandOf('y.id')} > i.at_offset, y.id > i.id)
group by y.id order by min(y.seq)`;

/** Moves unfinished changes that were accepted after these operations of their mini-programs behind them. */
async function moveBehind(client: ClientBase, inserted: LostOperation[]): Promise<void> {
  if (inserted.length === 0) return;
  const { rows } = await client.query<{ id: string }>(ACCEPTED_LATER, PLACE.values(inserted));
  const later = rows.map(({ id }) => id);
  for (const id of later) await client.query('update operations set seq = default where id = $1', [id]);
  await withdrawDoubts(client, later);
}
