import { type CloudEvent, eventType } from './cloud-event.js';
import { Operation } from './generated/wxa/code/v1/code_management.js';
import type { Method } from './methods.js';
import { type OperationRecord, resultFromJSON, toOperation } from './operation.js';
import { TOPICS } from './topics.js';

/** A larger result, measured as a proto message in bytes, is omitted from the event; GetOperation returns it. */
export const MAX_RESULT_BYTES = 64 * 1024;

/**
 * The results of these methods are for their caller alone: anyone who opens a link in time can authorize the platform, and no
 * consumer needs an image.
 */
const FOR_THE_CALLER: ReadonlySet<string> = new Set([
  'CreateAuthorizationLink',
  'GetTrialQrCode',
] satisfies Method[]);

/**
 * The event of an operation that has ended (OperationCompleted) or whose outcome is unknown (OperationInDoubt).
 * @param fence the fence of the claim, because an operation can come in doubt more than once.
 */
export function outcomeEvent(
  record: OperationRecord & { traceparent: string },
  fence: number,
  source: string,
  at: Date,
): CloudEvent {
  const inDoubt = record.state === 'IN_DOUBT';
  const published = isForKafka(record) ? record : { ...record, result: null };
  return {
    topic: TOPICS.outcomes,
    id: inDoubt ? `${record.id}.in-doubt.${fence}` : `${record.id}.completed`,
    type: eventType(inDoubt ? 'OperationInDoubt' : 'OperationCompleted'),
    source,
    appid: record.appid,
    time: at,
    traceparent: record.traceparent,
    value: JSON.stringify({ operation: Operation.toJSON(toOperation(published)) }),
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
