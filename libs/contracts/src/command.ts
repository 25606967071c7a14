import { hash } from 'node:crypto';
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

/** An operation that is to be accepted. Its id is a UUIDv7 of `createdAt`. */
export interface OperationToAccept extends Omit<AcceptedOperation, 'appid'> {
  method: Method;
  request: Record<string, unknown> & { appid: string; requestId: string };
  /** The request as the caller sent it, if `request` differs. */
  asGiven?: Record<string, unknown>;
}

/** The row of a new operation and its command. */
export interface OperationWithCommand extends AcceptedOperation {
  requestId: string;
  /** Distinguishes a repeated request from another request under the same request_id. */
  requestHash: Buffer;
  isChange: boolean;
  /** Proto3 JSON text. */
  request: string;
  command: CloudEvent;
}

/** @param source the `ce_source` of its command: the app that accepts it. */
export function newOperation(operation: OperationToAccept, source: string): OperationWithCommand {
  const { method, request, asGiven, ...same } = operation;
  const { appid, requestId } = request;
  const identity = { ...same, method, appid };
  const hash = requestHash(method, asGiven ?? request);
  return {
    ...identity,
    requestId,
    requestHash: hash,
    isChange: METHODS[method].kind === 'change',
    request: JSON.stringify(request),
    command: commandEvent({ ...identity, request, ...(asGiven && { requestHash: hash }) }, source),
  };
}

/**
 * SHA-256 over method and request, independent of the order of names. It distinguishes a repeated request from a
 * request_id that is reused with other content.
 * @param request the request as proto3 JSON; `requestId` is ignored.
 */
export function requestHash(method: string, { requestId: _, ...request }: Record<string, unknown>): Buffer {
  return hash('sha256', JSON.stringify([method, sorted(request)]), 'buffer');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  // Wrapped in an object, so that it differs from a list of pairs.
  return { members: entries.map(([name, member]) => [name, sorted(member)]) };
}

/**
 * Makes the command that tells a worker to run an operation.
 * @param operation `requestHash`: only if it is not that of the request.
 */
export function commandEvent(
  operation: AcceptedOperation & { requestHash?: Buffer },
  source: string,
): CloudEvent {
  const { id, appid, method, createdAt, traceparent, tracestate = null, request, requestHash } = operation;
  if (!isMethod(method)) throw new Error(`operation ${id}: unknown method ${method}`);
  const hash = requestHash && { requestHash: requestHash.toString('base64') };
  // As text, because JSON.stringify calls the toJSON of a Date.
  const identity = { operationId: id, appid, method, createTime: createdAt.toISOString() };
  const value = { ...identity, ...hash, [METHODS[method].field]: request };
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
  | {
      kind: 'command';
      operationId: string;
      appid: string;
      method: Method;
      requestId: string;
      /** The path of a listed call; undefined for the method's own API. */
      api: string | undefined;
    }
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
  const { requestId } = request.value;
  const api = 'api' in request.value ? request.value.api : undefined;
  return { kind: 'command', operationId, appid, method, requestId, api };
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
