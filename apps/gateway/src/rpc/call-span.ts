import {
  type Metadata,
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
  status,
} from '@grpc/grpc-js';
import { isTraceparent } from '@wxa/contracts';
import { type Span, type TraceContext, type Tracing, writeTraceparent } from '@wxa/service';
import { callerOf } from '../callers/caller-of.js';

/** As W3C Trace Context recommends; a longer one is dropped. */
const MAX_TRACESTATE_BYTES = 512;

/** Codes that say that the service failed, by the semantic conventions for servers. */
const FAILURES: ReadonlySet<status> = new Set([
  status.UNKNOWN,
  status.DEADLINE_EXCEEDED,
  status.UNIMPLEMENTED,
  status.INTERNAL,
  status.UNAVAILABLE,
  status.DATA_LOSS,
]);

const SPAN = Symbol('span');
type CallMetadata = Metadata & { [SPAN]?: Span };

/** The SERVER span of a call, by the call's metadata; undefined without tracing. */
export function spanOf(metadata: CallMetadata): Span | undefined {
  return metadata[SPAN];
}

/** The trace context of a call: that of its SERVER span, or else what its caller sent; undefined if that is nothing valid. */
export function traceOf(metadata: Metadata): TraceContext | undefined {
  const traceparent = metadata.get('traceparent')[0]?.toString();
  if (!isTraceparent(traceparent)) return undefined;
  const tracestate = metadata.get('tracestate').join(',');
  const isKept = tracestate !== '' && Buffer.byteLength(tracestate) <= MAX_TRACESTATE_BYTES;
  return { traceparent, tracestate: isKept ? tracestate : null };
}

/**
 * Begins the SERVER span of each call, and gives its context to the handler in place of the caller's. It belongs behind the
 * check of the caller: a client decides by `traceparent` whether its spans are exported, and no unknown one may.
 */
export function beginSpans(tracing: Tracing): ServerInterceptor {
  return ({ path }, call) => {
    // Everyone may call the health.
    if (!path.startsWith('/wxa.code.v1.')) return new ServerInterceptingCall(call);
    const rpc = path.slice(1);
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata: CallMetadata, next) => {
        const span = tracing.start(rpc, {
          kind: 'server',
          parent: traceOf(metadata),
          attributes: { 'rpc.system.name': 'grpc', 'rpc.method': rpc },
        });
        metadata[SPAN] = span;
        metadata.set('traceparent', writeTraceparent(span.spanContext()));
        next(metadata);
      })
      .build();
    return new ServerInterceptingCall(
      call,
      new ResponderBuilder().withStart((next) => next(listener)).build(),
    );
  };
}

/** Ends the span of each call that has one with the code that the client receives. It belongs nearest to the wire. */
export function endSpans(tracing: Tracing): ServerInterceptor {
  return (_method, call) => {
    let metadata: CallMetadata | undefined;
    let code = status.CANCELLED;
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((received, next) => {
        metadata = received;
        next(received);
      })
      // grpc-js calls this once at the end of every call, whether or not it was cancelled.
      .withOnCancel(() => {
        if (metadata !== undefined) end(tracing, metadata, code);
      })
      .build();
    const responder = new ResponderBuilder()
      .withStart((next) => next(listener))
      .withSendStatus((sent, next) => {
        code = sent.code ?? status.UNKNOWN;
        next(sent);
      })
      .build();
    return new ServerInterceptingCall(call, responder);
  };
}

function end(tracing: Tracing, metadata: CallMetadata, code: status): void {
  const span = metadata[SPAN];
  if (span === undefined) return;
  const caller = callerOf(metadata)?.name;
  span.setAttributes({
    'rpc.status_code': status[code],
    ...(caller !== undefined && { 'wxa.caller': caller }),
  });
  if (FAILURES.has(code)) tracing.fail(span, status[code]);
  else span.end();
}
