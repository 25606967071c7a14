import {
  status as Code,
  type Metadata,
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  ServerListenerBuilder,
} from '@grpc/grpc-js';
import { RPC_ERRORS } from '@wxa/contracts';
import { counter, GRPC_CODES, histogram, type Logger, LogLimit } from '@wxa/service';
import { isAppid } from '@wxa/wxa-client';
import { callerOf } from '../callers/caller-of.js';
import { isAnonymous } from '../credentials/anonymous-calls.js';
import { packageDefinition } from '../decode/decode-request.js';
import { endCode, reasonOf } from '../errors/status-details.js';
import { callerCalls, rejected } from '../metrics.js';

/** A call that ended. */
interface EndedCall {
  /** `Service/Method`, or the path of another service. */
  method: string;
  code: Code;
  /** Of an error of this service. */
  reason: string | undefined;
  durationMs: number;
  peer(): string;
  /** Undefined if the call ended before its metadata arrived. */
  metadata: Metadata | undefined;
  /** Of the first request message. */
  appid: string | undefined;
  /** The operation or the rollout that the call is about. */
  id: string | undefined;
}

interface Rpc {
  path: string;
  requestStream: boolean;
  responseStream: boolean;
}

const OURS = Object.values(packageDefinition).flatMap((service) => Object.values(service));
/** Codes that alerts name. */
const ALERTED = [Code.OK, Code.UNKNOWN, Code.INTERNAL, Code.UNAVAILABLE, Code.DATA_LOSS];

const started = counter('grpc_server_started_total', OURS.map(labelsOf));
const handled = counter(
  'grpc_server_handled_total',
  OURS.flatMap((rpc) => ALERTED.map((code) => ({ ...labelsOf(rpc), grpc_code: GRPC_CODES[code] }))),
);
const seconds = histogram('grpc_server_handling_seconds');

const LABELS = new Map(OURS.map((rpc) => [rpc.path, labelsOf(rpc)]));

/**
 * Counts and logs every call, by its first status. It is the interceptor nearest to the wire, so that rejected calls are counted too.
 * @param sampleReads of successful reads, one in so many is logged. @param hasPolicy without one, every call counts for the caller `none`.
 */
export function observeCalls(logger: Logger, sampleReads: number, hasPolicy: boolean): ServerInterceptor {
  const log = logCalls(logger, sampleReads);
  const countAndLog = (call: EndedCall) => {
    callerCalls.inc({ caller: 'none', grpc_code: GRPC_CODES[call.code] });
    log(call);
  };
  return (rpc, call) => {
    const labels = LABELS.get(rpc.path) ?? labelsOf(rpc);
    started.inc(labels);
    const onEnded = hasPolicy || isAnonymous(rpc.path) ? log : countAndLog;
    return new ObservedCall(labels, call, onEnded).intercepting();
  };
}

class ObservedCall {
  readonly #startedAt = performance.now();
  #isEnded = false;
  #metadata: Metadata | undefined;
  #hasRequest = false;
  #appid: string | undefined;
  #id: string | undefined;

  constructor(
    private readonly labels: ReturnType<typeof labelsOf>,
    private readonly call: ServerInterceptingCallInterface,
    private readonly onEnded: (call: EndedCall) => void,
  ) {}

  intercepting(): ServerInterceptingCall {
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        this.#metadata = metadata;
        next(metadata);
      })
      .withOnReceiveMessage((message, next) => {
        if (!this.#hasRequest) {
          this.#appid = textOf(message, 'appid');
          this.#id = textOf(message, 'id');
        }
        this.#hasRequest = true;
        next(message);
      })
      .withOnCancel(() => this.#end(endCode(this.call, Date.now()), undefined))
      .build();
    const responder = new ResponderBuilder()
      .withStart((next) => next(listener))
      .withSendMessage((message, next) => {
        this.#id ??= textOf(message, 'id');
        next(message);
      })
      .withSendStatus((status, next) => {
        this.#end(status.code, reasonOf(status.metadata));
        next(status);
      })
      .build();
    return new ServerInterceptingCall(this.call, responder);
  }

  #end(code: Code, reason: string | undefined): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const durationMs = performance.now() - this.#startedAt;
    handled.inc({ ...this.labels, grpc_code: GRPC_CODES[code] });
    seconds.observe(this.labels, durationMs / 1000);
    const { grpc_service: service, grpc_method: rpc } = this.labels;
    if (reason !== undefined && reason in RPC_ERRORS) rejected.inc({ method: rpc, reason });
    this.onEnded({
      method: `${service.split('.').at(-1)}/${rpc}`,
      ...{ code, reason, durationMs },
      peer: () => this.call.getPeer(),
      metadata: this.#metadata,
      appid: this.#appid,
      id: this.#id,
    });
  }
}

function textOf(message: unknown, field: 'appid' | 'id'): string | undefined {
  const value = (message as Record<string, unknown> | null)?.[field];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Names of an RPC as go-grpc-prometheus spells them. */
function labelsOf({ path, requestStream, responseStream }: Rpc) {
  const [, service = '', method = ''] = path.split('/');
  const streams = requestStream ? (responseStream ? 'bidi_stream' : 'client_stream') : undefined;
  const type = streams ?? (responseStream ? 'server_stream' : 'unary');
  return { grpc_type: type, grpc_service: service, grpc_method: method };
}

/** RPCs that read, and those of health and reflection. */
const READ = /^(Health|ServerReflection)\/|\/(Get|List|Watch|Wait)/;
/** Lines about failed calls: a flood of them must not cost more than the calls. The metrics count all of them. */
const FAILED_PER_SECOND = 20;
/** Levels at which no line is made for a call. */
const QUIET: ReadonlySet<string> = new Set(['warn', 'error', 'fatal', 'silent']);
const ROLLOUTS = 'Rollouts/';
const ID = /^[0-9a-f-]{36}$/;

/** Logs each call; of successful reads one in `sampleReads`. */
export function logCalls(
  logger: Pick<Logger, 'info' | 'level'>,
  sampleReads: number,
): (call: EndedCall) => void {
  const failed = new LogLimit(FAILED_PER_SECOND);
  let reads = 0;
  return (call) => {
    if (QUIET.has(logger.level)) return;
    const { method, code, reason, durationMs, peer } = call;
    if (code === Code.OK && READ.test(method) && reads++ % sampleReads !== 0) return;
    const limited = code === Code.OK ? {} : failed.take();
    if (limited === undefined) return;
    logger.info(
      {
        ...{ method, code: GRPC_CODES[code], reason, duration_ms: Math.round(durationMs), peer: peer() },
        ...idsOf(call),
        ...limited,
      },
      'rpc',
    );
  };
}

/** Only what has the form of an id: a request can contain anything. */
function idsOf({ method, appid = '', id = '', metadata }: EndedCall) {
  const ofRollout = method.startsWith(ROLLOUTS);
  const caller = metadata && callerOf(metadata)?.name;
  const [, traceId] =
    /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(String(metadata?.get('traceparent')[0] ?? '')) ?? [];
  return {
    ...(isAppid(appid) && { appid }),
    ...(ID.test(id) && (ofRollout ? { rollout: id } : { operation: id })),
    ...(caller && { caller }),
    ...(traceId && { trace_id: traceId }),
  };
}
