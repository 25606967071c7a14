import { commandEvent, requestHash } from '@wxa/contracts';
import type { StoredOperation } from '@wxa/operations';
import { writeOutbox } from '@wxa/postgres/outbox';
import { eachPage, NIL_UUID, pages } from '../session/each-page.js';
import type { RestoreTools } from '../session/report.js';
import { WRITER } from './outcomes.js';

/** An operation whose command is to be published again; `request`: proto3 JSON. */
type Runnable = Pick<StoredOperation, 'id' | 'appid' | 'method' | 'createdAt' | 'traceparent'> & {
  request: Record<string, unknown>;
  requestHash: Buffer;
};

/** Operations per page; each has a request of at most 768 KiB. */
const PAGE = 100;

// They wait for nothing in Postgres.
const RUNNABLE = `
select o.id, o.appid, o.method, o.created_at as "createdAt", o.traceparent, o.request,
  o.request_hash as "requestHash" from operations o
where o.ended_at is null and o.state <> 'IN_DOUBT' and not o.parked and o.id > $1
  and not exists (select from outbox where event_id = o.id || '.command.0')
order by o.id limit ${PAGE}`;

const runnable = pages<Runnable>(RUNNABLE, (last) => [last?.id ?? NIL_UUID]);

/** Publishes the commands of all other operations again: the workers have read past them. */
export function requeueOthers(tools: RestoreTools): Promise<void> {
  return eachPage(tools, 'commands to publish', runnable, async (client, operations) => {
    const events = operations.map((operation) => commandEvent(withHash(operation), WRITER));
    await writeOutbox(client, WRITER, events);
    tools.report.counts.requeued += events.length;
  });
}

/** The hash is published only if it cannot be computed from the request, because settings were merged into that. */
function withHash({ requestHash: hash, ...operation }: Runnable) {
  const isComputed = requestHash(operation.method, operation.request).equals(hash);
  return isComputed ? operation : { ...operation, requestHash: hash };
}
