import { type CloudEvent, eventType, TOPICS } from './cloud-event.js';
import { CodeCommand } from './generated/wxa/code/v1/events.js';
import { isMethod, METHODS, type Method, type RequestOf } from './methods.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether a text is the id of an operation: a UUID in lower case. */
export const isOperationId = (text: string): boolean => UUID.test(text);

/** The accepted operation of a command. */
export interface AcceptedOperation {
  id: string;
  appid: string;
  method: string;
  createdAt: Date;
  traceparent: string;
  tracestate?: string | null;
  /** Proto3 JSON of the RPC's request. */
  request: unknown;
}

/** The command to the worker to run an operation. */
export function commandEvent(operation: AcceptedOperation, source: string): CloudEvent {
  const { id, appid, method, createdAt, traceparent, tracestate = null, request } = operation;
  if (!isMethod(method)) throw new Error(`operation ${id}: unknown method ${method}`);
  const value = { operationId: id, appid, method, createTime: createdAt, [METHODS[method].field]: request };
  return {
    topic: TOPICS.commands,
    id: `${id}.command.0`,
    type: eventType('CodeCommand'),
    source,
    appid,
    time: createdAt,
    traceparent,
    tracestate,
    value: JSON.stringify(value),
  };
}

/** A decoded command, or why it cannot be decoded (UPPER_SNAKE). */
export type ReadCommand =
  | { kind: 'command'; operationId: string; appid: string; method: Method; requestId: string }
  | { kind: 'unreadable'; reason: string };

/** Decodes a command from the topic; never throws, because the topic may contain anything. */
export function readCommand(key: Buffer | null, value: Buffer | null): ReadCommand {
  const command = parseCommand(value);
  if (command === undefined) return { kind: 'unreadable', reason: 'NOT_A_COMMAND' };
  const { operationId, appid, method, request } = command;
  if (!isOperationId(operationId)) return { kind: 'unreadable', reason: 'INVALID_OPERATION_ID' };
  if (key?.toString() !== appid || appid === '') return { kind: 'unreadable', reason: 'KEY_IS_NOT_APPID' };
  if (!isMethod(method)) return { kind: 'unreadable', reason: 'UNKNOWN_METHOD' };
  if (request?.$case !== METHODS[method].field)
    return { kind: 'unreadable', reason: 'REQUEST_OF_ANOTHER_METHOD' };
  return { kind: 'command', operationId, appid, method, requestId: request.value.requestId };
}

function parseCommand(value: Buffer | null): CodeCommand | undefined {
  if (value === null) return undefined;
  try {
    const json: unknown = JSON.parse(value.toString());
    return typeof json === 'object' && json !== null ? CodeCommand.fromJSON(json) : undefined;
  } catch {
    return undefined;
  }
}

/** Reads a stored request as the message of its method. */
export function requestFromJSON<M extends Method>(method: M, request: unknown): RequestOf<M> {
  return METHODS[method].request.fromJSON(request) as RequestOf<M>;
}
