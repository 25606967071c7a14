import { TOPICS } from '@wxa/contracts';
import { operationColumns, type StoredOperation } from '@wxa/operations';
import type { ClientBase } from 'pg';
import { eachPage } from '../session/each-page.js';
import type { RestoreTools } from '../session/report.js';
import {
  type LostOperation,
  lostOperationOf,
  type PublishedEnd,
  publishedEnd,
  submittedOf,
} from '../stage/published.js';
import { firstCommandOf, STAGED, type StagedEvent, stagedOn } from '../stage/staged-events.js';
import { openAudits } from './audits.js';
import { type DeletedUntil, readDeletedUntil } from './deleted-until.js';
import { type MayBeSent, putInDoubt, RESTART_DEADLINE } from './doubts.js';
import { finishLost } from './finish-lost.js';
import { publishOutcomes } from './outcomes.js';

const withoutOperation = stagedOn(
  TOPICS.commands,
  'and not exists (select from operations o where o.id = e.operation_id)',
);

/**
 * Merges operations whose request was accepted again under another id after Postgres had lost time: the stored one takes the
 * known outcome of the older one; without an outcome it is put in doubt.
 */
export function resolveConflicts(tools: RestoreTools): Promise<void> {
  const { counts, left } = tools.report;
  const seen = new Set<string>();
  return eachPage(tools, 'conflicts', withoutOperation, async (client, commands) => {
    const deletedUntil = await readDeletedUntil(client);
    for (const command of commands) {
      const lost = lostOperationOf(command);
      if (lost === undefined || seen.has(lost.id)) continue;
      seen.add(lost.id);
      const stored = await lockByRequestId(client, lost);
      if (stored === undefined) continue;
      const outcome = await outcomeOf(client, lost);
      // Retention ended the request_id of the older one, so another request may have it.
      if (outcome !== undefined && isDeleted(outcome, deletedUntil)) continue;
      counts.conflicts += 1;
      const why = await merge(client, lost, stored, outcome);
      if (why !== undefined) left.push({ operationId: lost.id, storedId: stored.id, appid: lost.appid, why });
    }
  });
}

/** An operation in Postgres that has the request_id of one that only Kafka knows. */
type SameRequestId = StoredOperation & { requestHash: Buffer };

async function lockByRequestId(
  client: ClientBase,
  { appid, requestId }: LostOperation,
): Promise<SameRequestId | undefined> {
  const { rows } = await client.query<SameRequestId>(
    `select o.request_hash as "requestHash", ${operationColumns('o')} from operations o
     where appid = $1 and request_id = $2 for update`,
    [appid, requestId],
  );
  return rows[0];
}

/** The OperationCompleted of an operation, or else its last OperationInDoubt; undefined if it has neither. */
async function outcomeOf(client: ClientBase, { id }: LostOperation): Promise<StagedEvent | undefined> {
  const { rows } = await client.query<StagedEvent>(
    `select ${STAGED.select('e')} from restore_events e
     where operation_id = $1 and type in ('wxa.code.v1.OperationCompleted', 'wxa.code.v1.OperationInDoubt')
     order by type, at_offset desc limit 1`,
    [id],
  );
  return rows[0];
}

function isDeleted(outcome: StagedEvent, { queries, changes }: DeletedUntil): boolean {
  const end = publishedEnd(outcome);
  const until = end?.isChange === true ? changes : queries;
  return end !== undefined && until !== null && end.endedAt <= until;
}

/** Returns why an operator must look at it; undefined if nothing is left to do. */
async function merge(
  client: ClientBase,
  lost: LostOperation,
  stored: SameRequestId,
  outcome: StagedEvent | undefined,
): Promise<string | undefined> {
  if (!stored.requestHash.equals(lost.requestHash))
    return `its request_id ${lost.requestId} was used again with other content`;
  const end = outcome && publishedEnd(outcome);
  if (end !== undefined) return takeOutcome(client, end, stored);
  if (!stored.isChange || stored.state === 'IN_DOUBT') return undefined;
  if (stored.endedAt !== null)
    return `${stored.state} in Postgres; whether the older one was executed is not known`;
  const doubt = { id: stored.id, startedAt: lost.createdAt };
  if (!(await hasEarlierUnfinished(client, stored, lost))) await putInDoubt(client, [doubt]);
  // Only the first unfinished change of a mini-program can have been sent, except for one that was published as in doubt.
  else if (outcome !== undefined) await reconcileBeforeCall(client, doubt);
  return undefined;
}

async function takeOutcome(
  client: ClientBase,
  published: PublishedEnd & { method: string },
  stored: SameRequestId,
): Promise<string | undefined> {
  if (stored.endedAt !== null) {
    // By an earlier run of this command.
    if (stored.endedAt.getTime() === published.endedAt.getTime()) return undefined;
    return `${stored.state} in Postgres; the older one was published as ${published.state}`;
  }
  const end = { ...published, id: stored.id, appid: stored.appid };
  await finishLost(client, [end]);
  const { state, attempts, startedAt, endedAt } = end;
  const json = (text: string | null): unknown => (text === null ? null : JSON.parse(text));
  const ended = { ...stored, state, attempts, startedAt, endedAt, nextAttemptAt: null, blockedBy: null };
  const event = { ...ended, error: json(end.error), result: json(end.result) };
  await publishOutcomes(client, [event], endedAt);
  await openAudits(client, submittedOf(end));
  return undefined;
}

// Ids are in the order of the clocks of gateways, commands in that of acceptance.
const EARLIER_UNFINISHED = `
select from operations o where appid = $1 and id <> $2 and is_change and ended_at is null
  and (state in ('RUNNING', 'RETRYING', 'IN_DOUBT') or coalesce(${firstCommandOf('o.id')} < $3, id < $4)) limit 1`;

/** Whether the mini-program has another unfinished change that has begun or was accepted before the lost one. */
async function hasEarlierUnfinished(
  client: ClientBase,
  { id, appid }: SameRequestId,
  lost: LostOperation,
): Promise<boolean> {
  const { rowCount } = await client.query(EARLIER_UNFINISHED, [appid, id, lost.offset, lost.id]);
  return rowCount === 1;
}

/** Marks an unfinished change, not in doubt, as perhaps sent: it is reconciled before its call, once earlier changes have ended. */
async function reconcileBeforeCall(client: ClientBase, { id, startedAt }: MayBeSent): Promise<void> {
  await client.query(
    `update operations o set may_have_acted = true, started_at = least(o.started_at, $2),
       throttled_ms = ${RESTART_DEADLINE('least(o.started_at, $2)')}, updated_at = clock_timestamp()
     where id = $1 and ended_at is null`,
    [id, startedAt],
  );
}
