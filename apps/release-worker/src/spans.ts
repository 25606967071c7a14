import { TOPICS } from '@wxa/contracts';
import type { ReceivedRecord } from '@wxa/kafka';
import type { ClaimedOperation } from '@wxa/operations';
import {
  isSampled,
  messagingAttributes,
  type Span,
  type TraceContext,
  type Tracing,
  writeTraceparent,
} from '@wxa/service';
import type { CallFacts, WxaResult } from '@wxa/wxa-client';
import type { LaneEntry } from './lanes/lane-entry.js';

/** A message that waited for longer is not a part of its trace any more: a span that begins so late would distort it. */
const MAX_WAIT_MS = 600_000;

/** What the spans of a worker need to know about it. */
export interface SpanSource {
  tracing: Tracing;
  group: string;
  /** The name of a topic at the broker. */
  topic(name: (typeof TOPICS)['commands']): string;
  /** Host of WeChat's API. */
  wechat: string;
}

/** Makes the spans of operations. Each method does nothing for an operation whose trace is not sampled. */
export class Spans {
  /** The processing of each operation in a lane. */
  readonly #processing = new WeakMap<LaneEntry, Span>();

  constructor(private readonly source: SpanSource) {}

  /** From the receipt of a command until its operation leaves its lane. */
  received(entry: LaneEntry, record: ReceivedRecord): void {
    const { topic: name, partition, offset, headers = {} } = record;
    const text = (header: string) => headers[header]?.toString();
    const trace = { traceparent: text('traceparent') ?? '', tracestate: text('tracestate') };
    this.#process(entry, { trace, since: text('ce_time') }, name, {
      'messaging.message.id': text('ce_id'),
      'messaging.destination.partition.id': String(partition),
      'kafka.offset': Number(offset),
      'kafka.message.key': record.key?.toString(),
    });
  }

  /** An operation that was loaded from Postgres is processed from its claim. */
  claimed(entry: LaneEntry, { appid, fence, traceparent, tracestate, createdAt }: ClaimedOperation): void {
    const trace = { traceparent, tracestate };
    const name = this.source.topic(TOPICS.commands);
    if (!this.#processing.has(entry))
      this.#process(entry, { trace, since: createdAt }, name, { 'kafka.message.key': appid });
    this.of(entry)?.addEvent('claimed', { 'wxa.claim': fence });
  }

  /** The processing of an operation. */
  of(entry: LaneEntry): Span | undefined {
    return this.#processing.get(entry);
  }

  /** An operation left its lane. */
  ended(entry: LaneEntry): void {
    this.of(entry)?.end();
  }

  #process(
    entry: LaneEntry,
    { trace, since }: { trace: TraceContext; since: Date | string | undefined },
    topic: string,
    attributes: Record<string, string | number | undefined>,
  ): void {
    const { tracing, group } = this.source;
    if (!isSampled(trace.traceparent)) return;
    const isLate = Date.now() - new Date(since ?? Date.now()).getTime() > MAX_WAIT_MS;
    const span = tracing.start(`process ${topic}`, {
      kind: 'consumer',
      ...(isLate ? { links: [trace] } : { parent: trace }),
      attributes: {
        ...messagingAttributes('process', topic),
        'messaging.consumer.group.name': group,
        'wxa.operation.id': entry.operationId,
        ...attributes,
      },
    });
    this.#processing.set(entry, span);
  }

  /** A call of WeChat that has just ended. */
  called(
    parent: Span,
    result: WxaResult<unknown>,
    api: string,
    { method, status, seconds }: CallFacts,
  ): void {
    if (!parent.isRecording()) return;
    const span = this.source.tracing.start(`${method} /${api}`, {
      kind: 'client',
      parent: contextOf(parent),
      startTime: new Date(Date.now() - seconds * 1000),
      attributes: {
        'http.request.method': method,
        'url.template': `/${api}`,
        'server.address': this.source.wechat,
        ...(status !== undefined && { 'http.response.status_code': status }),
        ...(result.kind !== 'ok' && { 'wxa.errcode': result.error.errcode, 'wxa.rid': result.error.rid }),
      },
    });
    if (result.kind === 'ok') span.end();
    else
      this.source.tracing.fail(span, result.kind === 'error' ? String(result.error.errcode) : result.cause);
  }

  /** The settlement of an attempt; the caller ends it. */
  settle(parent: Span, state: string, claim: number): Span | undefined {
    if (!parent.isRecording()) return undefined;
    return this.source.tracing.start('settle', {
      kind: 'internal',
      parent: contextOf(parent),
      attributes: { 'wxa.operation.state': state, 'wxa.claim': claim },
    });
  }

  /** One reconciliation of an operation in doubt: a trace of its own, because it may run hours later. */
  reconcile({ id, appid, method, traceparent, tracestate }: ClaimedOperation): Span | undefined {
    if (!isSampled(traceparent)) return undefined;
    return this.source.tracing.start('reconcile', {
      kind: 'internal',
      links: [{ traceparent, tracestate }],
      attributes: { 'wxa.operation.id': id, 'wxa.appid': appid, 'rpc.method': method },
    });
  }
}

/** The position of a span, as the parent of others. */
export function contextOf(span: Span): TraceContext {
  const context = span.spanContext();
  return { traceparent: writeTraceparent(context), tracestate: context.traceState?.serialize() };
}
