import { type CloudEvent, eventType } from './cloud-event.js';
import { Operation } from './generated/wxa/code/v1/code_management.js';
import type { Method } from './methods.js';
import { type OperationRecord, resultFromJSON, toOperation } from './operation.js';
import { TOPICS } from './topics.js';

/** A larger result, measured as a proto message, is left out of Kafka; GetOperation has it. In bytes. */
export const MAX_RESULT_BYTES = 64 * 1024;

/**
 * The results of these are for their caller alone: a person who follows a link in time authorizes the platform, and an
 * image is bytes that no consumer needs.
 */
const FOR_THE_CALLER: ReadonlySet<string> = new Set([
  'CreateAuthorizationLink',
  'GetTrialQrCode',
] satisfies Method[]);

/**
 * The event that tells how an operation ended (OperationCompleted) or that nobody knows (OperationInDoubt).
 * @param fence the claim that brought it about: an operation in doubt can come to be so more than once.
 */
export function outcomeEvent(
  record: OperationRecord & { traceparent: string },
  fence: number,
  source: string,
  at: Date,
): CloudEvent {
  const inDoubt = record.state === 'IN_DOUBT';
  const kept = isForKafka(record) ? record : { ...record, result: null };
  return {
    topic: TOPICS.outcomes,
    id: inDoubt ? `${record.id}.in-doubt.${fence}` : `${record.id}.completed`,
    type: eventType(inDoubt ? 'OperationInDoubt' : 'OperationCompleted'),
    source,
    appid: record.appid,
    time: at,
    traceparent: record.traceparent,
    value: JSON.stringify({ operation: Operation.toJSON(toOperation(kept)) }),
  };
}

/** The operation that an outcome is about, by the id of its event. */
export function operationOfOutcome(eventId: string): string {
  return eventId.slice(0, eventId.indexOf('.'));
}

function isForKafka({ method, result }: OperationRecord): boolean {
  if (FOR_THE_CALLER.has(method)) return false;
  const message = { ...Operation.create(), result: resultFromJSON(method, result) };
  return Operation.encode(message).finish().length <= MAX_RESULT_BYTES;
}
