import { matchDeferred, withDeferredCallbacks } from '@wxa/audits';
import { auditEvents, auditStatusQuery, eventType, TOPICS } from '@wxa/contracts';
import { askStatus, operationId } from '@wxa/operations';
import { isUnavailable, type Publisher } from '@wxa/postgres';
import {
  applyPublishedAudits,
  BEGINNING,
  lastStagedOf,
  openAudits,
  RestoreRefusedError,
  type StagedEvent,
  stagedByPosition,
} from '@wxa/restore';
import { parseReasons } from '@wxa/wxa-client';
import { eachPage } from './each-page.js';
import { auditIdOf, auditOf, endOf } from './published.js';
import { NIL_UUID, type RestoreTools, WRITER } from './restore-operations.js';

/** Opens the audits of restored SubmitAudits and ends those whose end was published. */
export async function restoreAudits(tools: RestoreTools): Promise<void> {
  await openSubmitted(tools);
  await endPublished(tools);
}

function openSubmitted({ session, report, onProgress }: RestoreTools): Promise<void> {
  return eachPage(session, {
    read: (client, last: StagedEvent | undefined) =>
      lastStagedOf(client, eventType('OperationCompleted'), last?.operationId ?? NIL_UUID),
    handle: async (client, events) => {
      const submitted = events.flatMap((event) => {
        const end = endOf(event);
        const auditId = end && auditIdOf(end);
        if (end === undefined || auditId === undefined) return [];
        const { operationId, appid } = event;
        // The time of the call is not published, and no callback may be older than its audit.
        return { operationId, appid, auditId, submittedAt: end.startedAt ?? end.endedAt };
      });
      report.counts.audits += await openAudits(client, submitted);
    },
    onPage: (done) => onProgress('audits', done),
  });
}

function endPublished({ session, report, onProgress }: RestoreTools): Promise<void> {
  return eachPage(session, {
    read: (client, last: StagedEvent | undefined) =>
      stagedByPosition(client, TOPICS.audits, last ?? BEGINNING),
    handle: async (client, events) => {
      report.counts.audits += await applyPublishedAudits(
        client,
        events.flatMap((event) => auditOf(event) ?? []),
      );
    },
    onPage: (done) => onProgress('audit events', done),
  });
}

/**
 * Matches deferred callbacks, after the restore has finished. A worker matches what is left when it starts, so it is no failure
 * if one has started meanwhile or Postgres is unavailable. While Postgres counts as behind, callbacks without an
 * audit would be deferred again.
 */
export function matchCallbacks({ session, onProgress }: RestoreTools): Promise<void> {
  const made: Publisher = {
    ...{ writer: WRITER, replica: NIL_UUID, floor: { id: '0' } },
    ...{ toEvent: auditEvents(parseReasons), toStatusQuery: auditStatusQuery(operationId, WRITER) },
  };
  const publisher = { ...made, ...askStatus(made) };
  return eachPage(session, {
    read: (client, last: string | undefined) => withDeferredCallbacks(client, last ?? ''),
    handle: (client, appids) => matchDeferred(client, publisher, appids),
    onPage: (done) => onProgress('callbacks', done),
  }).catch((error: unknown) => {
    if (!(error instanceof RestoreRefusedError || isUnavailable(error))) throw error;
  });
}
