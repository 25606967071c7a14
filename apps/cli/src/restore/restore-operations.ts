import {
  type CloudEvent,
  commandEvent,
  ErrorCategory,
  eventType,
  OperationError,
  TOPICS,
} from '@wxa/contracts';
import { serviceError } from '@wxa/methods';
import type { StoredOperation } from '@wxa/operations';
import { writeOutbox } from '@wxa/postgres';
import {
  BEGINNING,
  doubtLost,
  type FirstUnfinished,
  finishLost,
  firstUnfinished,
  insertLost,
  lastStagedOf,
  putInDoubt,
  type RestoreSession,
  type Runnable,
  runnable,
  type StagedEvent,
  stagedByPosition,
  unexplainedMissing,
  withoutContent,
  withTwoEnds,
} from '@wxa/restore';
import type { ClientBase } from 'pg';
import { eachPage } from './each-page.js';
import { doubtOf, endOf, inOrderOfAcceptance } from './published.js';
import { repeatedOutcome } from './repeated-outcome.js';
import type { Report } from './report.js';

/** Gateways run during a restore, so their relay publishes its events. */
export const WRITER = 'gateway';

export const NIL_UUID = '00000000-0000-0000-0000-000000000000';

/** What every step of a restore works with. */
export interface RestoreTools {
  session: RestoreSession;
  report: Report;
  /** The time that Postgres was restored to, or earlier. */
  since: Date;
  /** Messages from then on are staged. */
  stagedFrom: Date;
  onProgress(step: string, done: number): void;
}

/** Inserts the operations that only Kafka knows, in the order of their commands. */
export function insertOperations({ session, report, onProgress }: RestoreTools): Promise<void> {
  return eachPage(session, {
    read: (client, last: StagedEvent | undefined) =>
      stagedByPosition(client, TOPICS.commands, last ?? BEGINNING),
    handle: async (client, commands) => {
      report.counts.inserted += await insertLost(client, inOrderOfAcceptance(commands));
    },
    onPage: (done) => onProgress('commands', done),
  });
}

/** Ends operations as published. */
export function finishOperations({ session, report, onProgress }: RestoreTools): Promise<void> {
  return eachPage(session, {
    read: (client, last: StagedEvent | undefined) =>
      lastStagedOf(client, eventType('OperationCompleted'), last?.operationId ?? NIL_UUID),
    handle: async (client, events) => {
      const ends = events.flatMap((event) => {
        const end = endOf(event);
        return end === undefined ? [] : { ...end, appid: event.appid };
      });
      const endOfId = new Map(ends.map((end) => [end.id, end]));
      const results = await finishLost(client, ends);
      const missing = results.flatMap(({ id, kind }) => (kind === 'missing' && endOfId.get(id)) || []);
      report.missing.push(...(await unexplainedMissing(client, missing)));
      for (const { id, kind } of results) {
        if (kind === 'finished') report.counts.finished += 1;
        if (kind !== 'other') continue;
        const why = `it was published as ${endOfId.get(id)?.state} and has ended otherwise in Postgres`;
        report.left.push({ operationId: id, storedId: id, appid: endOfId.get(id)?.appid ?? '', why });
      }
    },
    onPage: (done) => onProgress('outcomes', done),
  });
}

/** Reports operations that were published as ended with two different values, as after an earlier loss of time. */
export async function reportTwoEnds({ session, report }: RestoreTools): Promise<void> {
  for (const { id, appid } of await session.transaction(withTwoEnds)) {
    const why = 'it was published as ended with different values';
    report.left.push({ operationId: id, storedId: id, appid, why });
  }
}

/** Puts operations in doubt whose last message says so. */
export function restoreDoubts({ session, report, onProgress }: RestoreTools): Promise<void> {
  return eachPage(session, {
    read: (client, last: StagedEvent | undefined) =>
      lastStagedOf(client, eventType('OperationInDoubt'), last?.operationId ?? NIL_UUID),
    handle: async (client, events) => {
      report.counts.inDoubt += await doubtLost(
        client,
        events.flatMap((event) => doubtOf(event) ?? []),
      );
    },
    onPage: (done) => onProgress('doubts', done),
  });
}

/** These have content that is not on Kafka: a file, a refresh token. */
const WITH_CONTENT = ['UploadAuditMedia', 'ImportAuthorizer'];

/** Fails unfinished uploads and imports whose content was lost. */
export function failWithoutContent({ session, report, onProgress }: RestoreTools): Promise<void> {
  return eachPage(session, {
    read: (client, last: StoredOperation | undefined) =>
      withoutContent(client, WITH_CONTENT, last?.id ?? NIL_UUID),
    handle: async (client, operations) => {
      const now = new Date();
      const error = errorText('contentLost', 'the content was lost when Postgres was restored');
      const ended = operations.map((operation) => ({
        ...{ ...operation, state: 'FAILED' as const, endedAt: now, nextAttemptAt: null, blockedBy: null },
        error: JSON.parse(error) as unknown,
        result: null,
      }));
      await finishLost(
        client,
        ended.map((operation) => ({ ...operation, error, result: null })),
      );
      await writeOutbox(
        client,
        WRITER,
        ended.map((operation) => repeatedOutcome(operation, now)),
      );
      report.counts.contentLost += ended.length;
    },
    onPage: (done) => onProgress('content', done),
  });
}

/**
 * Puts the first unfinished change of each mini-program in doubt: changes of a mini-program run one at a time, so only that one
 * can have been sent.
 */
export function doubtFirstUnfinished({
  session,
  report,
  stagedFrom,
  onProgress,
}: RestoreTools): Promise<void> {
  return eachPage(session, {
    read: (client, last: FirstUnfinished | undefined) =>
      firstUnfinished(client, last?.appid ?? '', stagedFrom),
    handle: async (client, firsts) => {
      const sent = firsts.filter(({ state, isOnKafka }) => isOnKafka && state !== 'IN_DOUBT');
      const doubts = sent.map(({ id }) => ({ id, startedAt: null }));
      report.counts.inDoubt += await writeDoubts(client, doubts);
    },
    onPage: (done) => onProgress('unfinished changes', done),
  });
}

/** Puts operations in doubt and publishes that. Returns how many. */
export async function writeDoubts(
  client: ClientBase,
  doubts: { id: string; startedAt: Date | null }[],
): Promise<number> {
  const error = errorText('restored', 'Postgres was restored; whether the call was sent is not known');
  const operations = await putInDoubt(
    client,
    doubts.map((doubt) => ({ ...doubt, error })),
  );
  const events = operations.map((operation) => repeatedOutcome(operation, new Date()));
  await writeOutbox(client, WRITER, events);
  return operations.length;
}

/** Publishes the commands of all other operations again: the workers have read past them. */
export function requeueOthers({ session, report, onProgress }: RestoreTools): Promise<void> {
  return eachPage(session, {
    read: (client, last: Runnable | undefined) => runnable(client, last?.id ?? NIL_UUID),
    handle: async (client, operations) => {
      const events = operations.map((operation): CloudEvent => commandEvent(operation, WRITER));
      await writeOutbox(client, WRITER, events);
      report.counts.requeued += events.length;
    },
    onPage: (done) => onProgress('commands to publish', done),
  });
}

/** Proto3 JSON text of an error of this service. */
function errorText(name: 'restored' | 'contentLost', errmsg: string): string {
  const { category, api: _, ...error } = serviceError(name, errmsg, '');
  return JSON.stringify(
    OperationError.toJSON({ ...error, category: ErrorCategory[`ERROR_CATEGORY_${category}`] }),
  );
}
