import type { ScratchStore } from '../store/scratch-store.js';

/** Commits that wait: how many, of how many mini-programs, and how large their ext_json is. */
export interface Waiting {
  operations: number;
  miniPrograms: number;
  extJsonBytes: number;
}

// Rows and commands as the gateway's accept writes them; its relay takes the commands to the topic.
const SQL = `
with asked as (
  select n, uuidv7() as id, 'wx' || lpad(to_hex(n % $2), 16, '0') as appid, 'bounds-' || n as request_id
  from generate_series(1, $1::int) n
), requested as materialized (
  select *, json_build_object('appid', appid, 'requestId', request_id, 'templateId', '1', 'userVersion', '1.' || n,
    'extJson', '{"pad":"' || repeat('x', $3::int) || '"}') as request
  from asked
), inserted as (
  insert into operations (id, appid, request_id, request_hash, method, is_change, request, created_at, traceparent)
  select id, appid, request_id, sha256(request_id::bytea), 'Commit', true, request, now(), '' from requested order by n
)
insert into outbox (writer, event_id, topic, type, source, appid, time, traceparent, value)
select 'gateway', id || '.command.0', 'wxa.code.commands.v1', 'wxa.code.v1.CodeCommand', 'gateway', appid, now(), '',
  json_build_object('operationId', id, 'appid', appid, 'method', 'Commit',
    'createTime', to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'commit', request)::text
from requested order by n`;

/** Writes so many commits down at once, each with its command in the gateway's outbox. */
export async function writeWaiting(sql: ScratchStore['sql'], waiting: Waiting): Promise<void> {
  await sql(SQL, [waiting.operations, waiting.miniPrograms, waiting.extJsonBytes]);
}
