import { serve } from '../serve.js';

interface Value {
  stringValue?: string;
  intValue?: number | string;
}

/** A span as it was exported, with its attributes by name. */
export interface ExportedSpan {
  service: string;
  traceId: string;
  spanId: string;
  parentSpanId: string;
  name: string;
  kind: number;
  attributes: Record<string, string>;
  links: { traceId: string; spanId: string }[];
  events: string[];
}

interface Export {
  resourceSpans: {
    resource: { attributes: { key: string; value: Value }[] };
    scopeSpans: {
      spans: (Omit<ExportedSpan, 'service' | 'attributes' | 'events'> & {
        attributes: { key: string; value: Value }[];
        events?: { name: string }[];
      })[];
    }[];
  }[];
}

/** Receives spans by OTLP/HTTP with JSON, as a collector does. */
export class TraceSink {
  readonly spans: ExportedSpan[] = [];
  /** Every byte received. */
  text = '';
  #server: Awaited<ReturnType<typeof serve>> | undefined;

  static async start(): Promise<TraceSink> {
    const sink = new TraceSink();
    sink.#server = await serve((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (part: string) => {
        body += part;
      });
      request.on('end', () => {
        sink.text += `${JSON.stringify(request.headers)} ${body}\n`;
        sink.spans.push(...read(JSON.parse(body) as Export));
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    });
    return sink;
  }

  get url(): string {
    return this.#server?.url ?? '';
  }

  /** The spans of one trace, the parents before their children. */
  trace(traceId: string): ExportedSpan[] {
    return this.spans.filter((span) => span.traceId === traceId);
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }
}

function read({ resourceSpans }: Export): ExportedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        service: named(resource.attributes)['service.name'] ?? '',
        attributes: named(span.attributes),
        links: span.links ?? [],
        parentSpanId: span.parentSpanId ?? '',
        events: (span.events ?? []).map(({ name }) => name),
      })),
    ),
  );
}

function named(attributes: { key: string; value: Value }[] = []): Record<string, string> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      String(value.stringValue ?? value.intValue ?? JSON.stringify(value)),
    ]),
  );
}
