import type { Attributes, Span } from '@opentelemetry/api';
import type { TraceContext } from './trace-context.js';

export type { Attributes, Span } from '@opentelemetry/api';

export type SpanKindName = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

export interface SpanSettings {
  kind: SpanKindName;
  /** Without one, or with a malformed one, the span begins a trace. */
  parent?: TraceContext | undefined;
  /** Spans of other traces that it belongs to. */
  links?: TraceContext[];
  /** The default is the present time. */
  startTime?: Date;
  attributes?: Attributes;
}

/**
 * Makes spans, if OTEL_EXPORTER_OTLP_ENDPOINT is set. They are made by hand, because batches break automatic parents
 * and instrumentations export URLs with WeChat's access tokens. Never give an attribute a token, a key, a URL or the
 * content of a request.
 */
export interface Tracing {
  start(name: string, settings: SpanSettings): Span;
  /** Links a span to a span of another trace. */
  link(span: Span, position: TraceContext): void;
  /** Marks a span as failed and ends it. @param type the error's code or class, never its message. */
  fail(span: Span, type: string): void;
  /** Exports what has ended, for at most 2 s. */
  stop(): Promise<void>;
}
