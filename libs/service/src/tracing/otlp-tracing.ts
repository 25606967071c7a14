import {
  createTraceState,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type ReadableSpan,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import {
  ATTR_ERROR_TYPE,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_VERSION,
} from '@opentelemetry/semantic-conventions';
import type { Logger } from '../logging/messages.js';
import { OutageLog } from '../outage-log.js';
import type { TracingSettings } from '../settings/tracing-settings.js';
import { endsWithin } from '../shutdown.js';
import { readTraceparent, type TraceContext } from './trace-context.js';
import type { SpanKindName, SpanSettings, Tracing } from './tracing.js';

const STOP_MS = 2_000;
/** At most this many spans wait for export; further ones are dropped. */
const MAX_QUEUE = 8_192;

const KINDS: Record<SpanKindName, SpanKind> = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

const SAMPLERS: Record<TracingSettings['OTEL_TRACES_SAMPLER'], (ratio: number) => Sampler> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (ratio) => new TraceIdRatioBasedSampler(ratio),
  parentbased_traceidratio: (ratio) => new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
};

/** Exports spans in OTLP/HTTP with JSON. Loaded only if tracing is on. */
export class OtlpTracing implements Tracing {
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;

  constructor(
    settings: TracingSettings & { endpoint: string },
    { name, version }: { name: string; version: string },
    logger: Logger,
  ) {
    const { endpoint, OTEL_EXPORTER_OTLP_HEADERS: headers = {} } = settings;
    const exporter = new OTLPTraceExporter({ url: `${endpoint}/v1/traces`, headers });
    this.#provider = new TracerProvider({
      resource: resourceFromAttributes({
        ...settings.OTEL_RESOURCE_ATTRIBUTES,
        [ATTR_SERVICE_NAME]: settings.OTEL_SERVICE_NAME ?? name,
        [ATTR_SERVICE_VERSION]: version,
      }),
      sampler: SAMPLERS[settings.OTEL_TRACES_SAMPLER](settings.OTEL_TRACES_SAMPLER_ARG),
      spanProcessors: [
        new BatchSpanProcessor({ exporter: loggingFailures(exporter, logger), maxQueueSize: MAX_QUEUE }),
      ],
    });
    this.#tracer = this.#provider.getTracer('wxa-code', version);
  }

  start(name: string, { kind, parent, links = [], startTime, attributes = {} }: SpanSettings): Span {
    const position = spanContext(parent);
    return this.#tracer.startSpan(
      name,
      {
        kind: KINDS[kind],
        attributes,
        links: links.map(spanContext).flatMap((context) => (context === undefined ? [] : [{ context }])),
        ...(startTime !== undefined && { startTime }),
      },
      position === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, position),
    );
  }

  link(span: Span, position: TraceContext): void {
    const context = spanContext(position);
    if (context !== undefined) span.addLink({ context });
  }

  fail(span: Span, type: string): void {
    span.setAttribute(ATTR_ERROR_TYPE, type);
    span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  }

  async stop(): Promise<void> {
    await endsWithin(STOP_MS, this.#provider.shutdown());
  }
}

function spanContext(position: TraceContext | undefined): SpanContext | undefined {
  const parts = readTraceparent(position?.traceparent);
  if (parts === undefined) return undefined;
  const { tracestate } = position ?? {};
  return { ...parts, isRemote: true, ...(tracestate && { traceState: createTraceState(tracestate) }) };
}

/** Logs failed exports at their start and once a minute: the spans are dropped, nothing else suffers. */
function loggingFailures(exporter: OTLPTraceExporter, logger: Logger): SpanExporter {
  const outages = new OutageLog(logger, {
    failing: 'trace export failed',
    ended: 'trace export recovered',
  });
  return {
    export: (spans: ReadableSpan[], done) =>
      exporter.export(spans, (result) => {
        if (result.error === undefined) outages.worked();
        else outages.failed(result.error);
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush(),
  };
}
