import { TOPICS } from '@wxa/contracts';
import { writeOutbox } from '@wxa/postgres';
import {
  BEGINNING,
  type DeletedUntil,
  finishLost,
  hasEarlierUnfinished,
  type LostOperation,
  lockByRequestId,
  openAudits,
  type PublishedEnd,
  readDeletedUntil,
  reconcileBeforeCall,
  type SameRequestId,
  type StagedEvent,
  stagedOutcomeOf,
  stagedWithoutOperation,
} from '@wxa/restore';
import type { ClientBase } from 'pg';
import { eachPage } from './each-page.js';
import { auditIdOf, endOf, lostOperationOf } from './published.js';
import { repeatedOutcome } from './repeated-outcome.js';
import { type RestoreTools, WRITER, writeDoubts } from './restore-operations.js';

/**
 * Merges operations whose request was accepted again under another id after Postgres had lost time: the stored one takes the
 * known outcome of the older one; without an outcome it is put in doubt.
 */
export function resolveConflicts({ session, report, onProgress }: RestoreTools): Promise<void> {
  const seen = new Set<string>();
  return eachPage(session, {
    read: (client, last: StagedEvent | undefined) =>
      stagedWithoutOperation(client, TOPICS.commands, last ?? BEGINNING),
    handle: async (client, commands) => {
      const deletedUntil = await readDeletedUntil(client);
      for (const command of commands) {
        const lost = lostOperationOf(command);
        if (lost === undefined || seen.has(lost.id)) continue;
        seen.add(lost.id);
        const stored = await lockByRequestId(client, lost.appid, lost.requestId);
        if (stored === undefined) continue;
        const outcome = await stagedOutcomeOf(client, lost.id);
        // Retention ended the request_id of the older one, so another request may have it.
        if (outcome !== undefined && isDeleted(outcome, deletedUntil)) continue;
        report.counts.conflicts += 1;
        const why = await merge(client, lost, stored, outcome);
        if (why !== undefined)
          report.left.push({ operationId: lost.id, storedId: stored.id, appid: lost.appid, why });
      }
    },
    onPage: (done) => onProgress('conflicts', done),
  });
}

function isDeleted(outcome: StagedEvent, { queries, changes }: DeletedUntil): boolean {
  const end = endOf(outcome);
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
  const end = outcome && endOf(outcome);
  if (end !== undefined) return takeOutcome(client, end, stored);
  if (!stored.isChange || stored.state === 'IN_DOUBT') return undefined;
  if (stored.endedAt !== null)
    return `${stored.state} in Postgres; whether the older one was executed is not known`;
  const doubt = { id: stored.id, startedAt: lost.createdAt };
  if (!(await hasEarlierUnfinished(client, stored, lost.id))) await writeDoubts(client, [doubt]);
  // Only the first unfinished change of a mini-program can have been sent, except for one that was published as in doubt.
  else if (outcome !== undefined) await reconcileBeforeCall(client, doubt);
  return undefined;
}

async function takeOutcome(
  client: ClientBase,
  end: PublishedEnd & { method: string },
  stored: SameRequestId,
): Promise<string | undefined> {
  if (stored.endedAt !== null) {
    // By an earlier run of this command.
    if (stored.endedAt.getTime() === end.endedAt.getTime()) return undefined;
    return `${stored.state} in Postgres; the older one was published as ${end.state}`;
  }
  const { id, appid } = stored;
  await finishLost(client, [{ ...end, id }]);
  const { state, attempts, startedAt, endedAt } = end;
  const json = (text: string | null): unknown => (text === null ? null : JSON.parse(text));
  const ended = { ...stored, state, attempts, startedAt, endedAt, nextAttemptAt: null, blockedBy: null };
  const event = { ...ended, error: json(end.error), result: json(end.result) };
  await writeOutbox(client, WRITER, [repeatedOutcome(event, endedAt)]);
  const auditId = auditIdOf(end);
  if (auditId !== undefined)
    await openAudits(client, [{ operationId: id, appid, auditId, submittedAt: startedAt ?? endedAt }]);
  return undefined;
}
