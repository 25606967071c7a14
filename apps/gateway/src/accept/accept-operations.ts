import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import {
  isForPlatform,
  METHODS,
  type Method,
  newOperation,
  type Operation,
  type RequestOf,
  serviceOf,
  toOperation,
} from '@wxa/contracts';
import { OutboxRelay } from '@wxa/kafka';
import { type Accepted, type AuditMethod, type NewOperation, operationId } from '@wxa/operations';
import type { CallerLimits } from '@wxa/policy';
import { type Cancellation, QueueFullError } from '@wxa/postgres';
import type { Actor } from '@wxa/postgres/trail';
import type { TraceContext, Tracing } from '@wxa/service';
import { Store } from '@wxa/store';
import { OperationFeed } from '../await/operation-feed.js';
import { GATEWAY_SOURCE, TRACING } from '../config.js';
import { invalidField, invalidRequest, type RpcError, rpcError } from '../errors/rpc-error.js';
import { accepted, acceptSeconds, callerLimited } from '../metrics.js';
import { AcceptanceChecks, violationsOf } from './acceptance-checks.js';

/** A command must fit a Kafka message, 1 MiB by the brokers' default, and escaping makes its text longer. */
const MAX_REQUEST_BYTES = 768 * 1024;

/** Limit of all files in Postgres that are pending upload to WeChat. */
const MAX_PENDING_BYTES = 1024 ** 3;

interface MessageToJson {
  toJSON(message: unknown): unknown;
}

/** Context in which an operation is accepted. */
export interface AcceptOptions {
  trace: TraceContext;
  /** The platform's appid; undefined if not configured. */
  componentAppid: string | undefined;
  by: Actor;
  /** Aborted when the caller cancels. No operation is created if that happens before it is written. */
  signal: Cancellation;
  /**
   * Data that is not part of the command, such as a file or an encrypted secret. Kept until the operation has ended.
   */
  content?: Buffer;
  /** Those of its caller; undefined without a policy. */
  limits?: CallerLimits | undefined;
  /** The mini-program that an ImportAuthorizer adds. */
  imported?: string;
  /** Of a listed call: the request without what its entry says, which does not make it another request; and the path. */
  listed?: { given: { appid: string; requestId: string }; api: string };
}

/** Validates requests and stores their operations. */
@Injectable()
export class AcceptOperations {
  constructor(
    @Inject(Store) private readonly store: Store,
    @Inject(OutboxRelay) private readonly relay: OutboxRelay,
    @Inject(OperationFeed) private readonly feed: OperationFeed,
    @Inject(AcceptanceChecks) private readonly checks: AcceptanceChecks,
    @Inject(TRACING) private readonly tracing: Tracing | null,
  ) {}

  /**
   * Returns the operation of a request: a new one, or the one that the same request created before. Rejects with an
   * RpcError if the request is rejected.
   * @param given a call of the platform itself may omit the appid if `componentAppid` is configured.
   */
  async accept<M extends Method>(method: M, given: RequestOf<M>, options: AcceptOptions): Promise<Operation> {
    const { componentAppid, content } = options;
    const request = isForPlatform(method, given)
      ? { ...given, appid: given.appid || (componentAppid ?? '') }
      : given;
    const violations = violationsOf(method, request, componentAppid);
    if (violations.length > 0) throw invalidRequest(violations);
    const stored = await this.checks.run(method, request);
    const asked = { given: options.listed === undefined ? request : options.listed.given, stored };
    const operation = operationOf(method, asked as { given: RequestOf<M>; stored: RequestOf<M> }, options);
    if (content !== undefined) await this.#storeContent(operation.id, content);
    const startedAt = performance.now();
    const outcome = await this.#traced(operation, options).catch(async (error: unknown) => {
      // After any other error, the operation may have been written.
      const isUnwritten = error === options.signal.reason || error instanceof QueueFullError;
      if (content !== undefined && isUnwritten) await this.store.attachments.delete(operation.id);
      throw error;
    });
    acceptSeconds.observe({}, (performance.now() - startedAt) / 1000);
    const { kind, id } = outcome;
    if (kind === 'accepted') return this.#publish(operation, outcome.outboxId);
    if (content !== undefined) await this.store.attachments.delete(operation.id);
    if (kind === 'reused') throw requestIdReused(operation, id);
    accepted.inc({ method, result: 'repeated' });
    return this.#find(id);
  }

  async #traced(operation: NewOperation, options: AcceptOptions): Promise<Accepted> {
    const span = this.tracing?.start('accept', { kind: 'internal', parent: options.trace });
    if (span === undefined) return this.#store(operation, options);
    const startedAt = performance.now();
    const onStart = (items: number) =>
      span.setAttributes({
        'wxa.batch.size': items,
        'wxa.batch.wait_ms': Math.round(performance.now() - startedAt),
      });
    return this.#store(operation, options, onStart).finally(() => span.end());
  }

  /** @param onStart called when its statement begins, with the number of operations in it. */
  #store(
    operation: NewOperation,
    { by, imported: appid, listed, limits, signal }: AcceptOptions,
    onStart?: (items: number) => void,
  ): Promise<Accepted> {
    const { operations } = this.store;
    if (appid !== undefined) return operations.acceptImport(operation, { appid, by });
    if (listed !== undefined) return operations.acceptCall(operation, listed.api);
    const most = monthLimit(operation.method, limits);
    if (most === undefined) return operations.accept(operation, signal, onStart);
    return operations.acceptAudit({ ...operation, most }, signal, onStart).then((outcome) => {
      if (outcome.kind === 'over-limit') throw overMonthLimit(operation, { ...outcome, most });
      return outcome;
    });
  }

  /** Runs before the operation is stored, because a worker may start it at once. Retention deletes orphaned files. */
  async #storeContent(operationId: string, content: Buffer): Promise<void> {
    if (await this.store.attachments.keep(operationId, content, MAX_PENDING_BYTES)) return;
    throw rpcError('TOO_MANY_REQUESTS', 'too many files are pending; retry later');
  }

  #publish(operation: NewOperation, outboxId: string | null): Operation {
    this.relay.publish(operation.command, outboxId);
    accepted.inc({ method: operation.method, result: 'accepted' });
    const message = queued(operation);
    this.feed.accepted(message);
    return message;
  }

  async #find(id: string): Promise<Operation> {
    const found = await this.store.operations.find(id);
    // Retention deleted it in the meantime.
    if (found === undefined)
      throw rpcError(
        'STORE_UNAVAILABLE',
        'the operation of this request_id was deleted by retention just now; retry',
      );
    return toOperation(found);
  }
}

/** @param requests `stored` differs from `given` where settings were applied. */
function operationOf<M extends Method>(
  method: M,
  { given, stored }: { given: RequestOf<M>; stored: RequestOf<M> },
  { trace, by }: Pick<AcceptOptions, 'trace' | 'by'>,
): NewOperation {
  const requestId = given.requestId || randomUUID();
  const codec: MessageToJson = METHODS[method].request;
  const toJson = (request: RequestOf<M>) => ({
    ...(codec.toJSON({ ...request, requestId }) as object),
    appid: request.appid,
    requestId,
  });
  const json = toJson(stored);
  const createdAt = new Date();
  const asGiven = stored === given ? {} : { asGiven: toJson(given) };
  const operation = newOperation(
    { id: operationId(createdAt), createdAt, method, request: json, ...asGiven, ...trace },
    GATEWAY_SOURCE,
  );
  rejectTooLarge(operation.request, json);
  return { ...operation, acceptedBy: by.caller, onBehalfOf: by.onBehalfOf };
}

function rejectTooLarge(text: string, json: Record<string, unknown>): void {
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_REQUEST_BYTES) return;
  const sizes = Object.entries(json).map(([name, value]) => [name, JSON.stringify(value).length] as const);
  const [largest = ''] = sizes.sort((a, b) => b[1] - a[1])[0] ?? [];
  const field = largest.replace(/[A-Z]/g, (upper) => `_${upper.toLowerCase()}`);
  throw invalidField(field, 'REQUEST_TOO_LARGE_AS_JSON', { max: MAX_REQUEST_BYTES, actual: bytes });
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
    acceptedBy: operation.acceptedBy ?? null,
    onBehalfOf: operation.onBehalfOf ?? null,
    error: null,
    result: null,
  });
}

function requestIdReused({ requestId, appid }: NewOperation, id: string) {
  return rpcError(
    'REQUEST_ID_REUSED',
    `request_id ${requestId} of ${appid} was already used with other content, by operation ${id}`,
  );
}

const PER_MONTH = {
  SubmitAudit: { limit: 'auditsPerMonth', what: 'audits' },
  SpeedUpAudit: { limit: 'speedUpsPerMonth', what: 'speed-ups' },
} as const satisfies Record<AuditMethod, unknown>;

const isLimited = (method: string): method is AuditMethod => Object.hasOwn(PER_MONTH, method);

/** How many operations of a method may be accepted for a caller in a month; undefined without a limit. */
function monthLimit(method: string, limits: CallerLimits | undefined): number | undefined {
  return isLimited(method) ? limits?.[PER_MONTH[method].limit] : undefined;
}

/** The error of an operation whose caller has `used` of at most `most`. A client that repeated it by itself would do so all month. */
function overMonthLimit(
  { method, acceptedBy }: Pick<NewOperation, 'method' | 'acceptedBy'>,
  { most, used }: { most: number; used: number },
): RpcError {
  const { limit, what } = PER_MONTH[method as AuditMethod];
  const caller = acceptedBy ?? '';
  callerLimited.inc({ caller, limit });
  const message = `caller ${caller} has ${used} ${what} this month, of at most ${most}`;
  const facts = { caller, method: `${serviceOf(method as AuditMethod)}/${method}`, retryable: false };
  return rpcError('CALLER_QUOTA_EXCEEDED', message, facts);
}
