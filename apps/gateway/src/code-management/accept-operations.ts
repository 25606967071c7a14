import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import {
  commandEvent,
  isOfPlatform,
  METHODS,
  type Method,
  type Operation,
  type RequestOf,
  toOperation,
} from '@wxa/contracts';
import { OutboxRelay } from '@wxa/kafka';
import { type NewOperation, operationId, Store, TokenStore } from '@wxa/store';
import { SOURCE } from '../config.js';
import { invalidRequest, rpcError } from '../grpc/rpc-error.js';
import { accepted, acceptSeconds } from '../metrics.js';
import { OperationFeed } from '../outcomes/operation-feed.js';
import { authorizationError } from './authorization-error.js';
import { requestHash } from './request-hash.js';
import { violationsOf } from './request-limits.js';

/**
 * A command must fit a Kafka message: 1 MiB at brokers that were not told otherwise, and the text is escaped
 * once more on its way.
 */
const MAX_REQUEST_BYTES = 768 * 1024;

/** Of all files that wait for WeChat, in Postgres. */
const MAX_KEPT_BYTES = 1024 ** 3;

interface MessageToJson {
  toJSON(message: unknown): unknown;
}

/** What an operation is accepted with. */
export interface AcceptOptions {
  traceparent: string;
  /** The platform's; undefined where it is not known. */
  componentAppid: string | undefined;
  /** Of the caller: one that is gone before its operation is written gets none. */
  signal: AbortSignal;
  /** What its command can't hold, as a file or a sealed secret: kept until the operation has ended. */
  content?: Buffer;
}

/** Makes operations durable. */
@Injectable()
export class AcceptOperations {
  constructor(
    @Inject(Store) private readonly store: Store,
    @Inject(OutboxRelay) private readonly relay: OutboxRelay,
    @Inject(OperationFeed) private readonly watch: OperationFeed,
    @Inject(TokenStore) private readonly tokens: TokenStore | null,
  ) {}

  /**
   * The operation of a request: a new one, or the one that the same request made before. Throws a Fault.
   * @param given a call of the platform itself needs not name its appid, where `componentAppid` is known.
   */
  async accept<M extends Method>(
    method: M,
    given: RequestOf<M>,
    { traceparent, componentAppid, content, signal }: AcceptOptions,
  ): Promise<Operation> {
    const request = isOfPlatform(method) ? { ...given, appid: given.appid || (componentAppid ?? '') } : given;
    const violations = violationsOf(method, request, componentAppid);
    if (violations.length > 0) throw invalidRequest(violations);
    if (!isOfPlatform(method)) await this.#refuseUngranted(request);
    const operation = newOperation(method, request, traceparent);
    if (content !== undefined) await this.#keep(operation.id, content);
    const end = acceptSeconds.startTimer();
    const outcome = await this.store.accept(operation, signal);
    end();
    const { kind, id } = outcome;
    if (kind === 'accepted') return this.#begun(operation, outcome.outboxId);
    if (content !== undefined) await this.store.deleteMedia(operation.id);
    if (kind === 'reused') throw reused(operation, id);
    return this.#find(id);
  }

  /** What was accepted before is answered all the same: whoever repeats a call wants to know what became of it. */
  async #refuseUngranted({ appid, requestId }: { appid: string; requestId: string }): Promise<void> {
    if (this.tokens === null) return;
    const refusal = authorizationError(appid, await this.tokens.readGrant(appid));
    if (refusal === undefined) return;
    if (requestId === '' || !(await this.store.hasAccepted(appid, requestId))) throw refusal;
  }

  /** Before the operation is there, since a worker may have it at once; where that fails, the file goes in time. */
  async #keep(operationId: string, content: Buffer): Promise<void> {
    if (await this.store.keepMedia(operationId, content, MAX_KEPT_BYTES)) return;
    throw rpcError('TOO_MANY_REQUESTS', 'too many files wait for WeChat: try again later');
  }

  #begun(operation: NewOperation, outboxId: string | null): Operation {
    this.relay.publish(operation.command, outboxId);
    accepted.inc({ method: operation.method });
    const message = queued(operation);
    this.watch.accepted(message);
    return message;
  }

  async #find(id: string): Promise<Operation> {
    const found = await this.store.findOperation(id);
    // Deleted by retention a moment ago.
    if (found === undefined) throw rpcError('STORE_UNAVAILABLE', 'the operation ended long ago: try again');
    return toOperation(found);
  }
}

function newOperation<M extends Method>(method: M, request: RequestOf<M>, traceparent: string): NewOperation {
  const { appid } = request;
  const requestId = request.requestId || randomUUID();
  const codec: MessageToJson = METHODS[method].request;
  const json = codec.toJSON({ ...request, requestId }) as Record<string, unknown>;
  const text = JSON.stringify(json);
  refuseTooLarge(text, json);
  const createdAt = new Date();
  const identity = { id: operationId(createdAt), appid, method, createdAt, traceparent };
  return {
    ...identity,
    requestId,
    requestHash: requestHash(method, json),
    isChange: METHODS[method].kind === 'change',
    request: text,
    command: commandEvent({ ...identity, request: json }, SOURCE),
  };
}

function refuseTooLarge(text: string, json: Record<string, unknown>): void {
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_REQUEST_BYTES) return;
  const sizes = Object.entries(json).map(([name, value]) => [name, JSON.stringify(value).length] as const);
  const [largest = ''] = sizes.sort((a, b) => b[1] - a[1])[0] ?? [];
  const field = largest.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const description = `the request must be at most ${MAX_REQUEST_BYTES} bytes as JSON, has ${bytes}`;
  throw invalidRequest([{ field, description }]);
}

function queued(operation: NewOperation): Operation {
  return toOperation({
    ...operation,
    state: 'QUEUED',
    attempts: 0,
    startedAt: null,
    endedAt: null,
    nextAttemptAt: null,
    blockedBy: null,
    error: null,
    result: null,
  });
}

function reused({ requestId, appid }: NewOperation, id: string) {
  return rpcError(
    'REQUEST_ID_REUSED',
    `request_id ${requestId} of ${appid} was used before with other content, by operation ${id}`,
  );
}
