import {
  status as Code,
  type Server,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { service } from 'grpc-health-check';
import { packageDefinition, RejectedRequest } from '../decode/decode-request.js';
import { malformed } from '../decode/inspect-request.js';
import { rpcError } from '../errors/rpc-error.js';

const SERVICES = ['', ...Object.keys(packageDefinition)];
/** Of an encoded HealthCheckRequest: a name of 100 bytes, its tag and its length. */
const MAX_REQUEST_BYTES = 102;
/** Of all clients: everyone may watch. */
export const MAX_WATCHERS = 100;

interface Request {
  service: string;
}
type Status = { status: 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN' };
type WatchCall = ServerWritableStream<Request, Status>;

/**
 * The standard gRPC health service. All services share the state of the process. It is open to everyone, so that it keeps
 * nothing of a request once that has ended: HealthImplementation of grpc-health-check keeps each name that was ever watched.
 */
export class Health {
  #serving = false;
  #draining = false;
  readonly #watching = new Set<WatchCall>();

  addTo(server: Pick<Server, 'addService'>): void {
    server.addService(short(service), {
      check: (call: ServerUnaryCall<Request, Status>, answer: sendUnaryData<Status>) => {
        if (isKnown(call)) return answer(null, this.#status);
        answer({ code: Code.NOT_FOUND, details: 'unknown service' });
      },
      list: (_call: unknown, answer: sendUnaryData<object>) =>
        answer(null, { statuses: Object.fromEntries(SERVICES.map((name) => [name, this.#status])) }),
      watch: (call: WatchCall) => this.#watch(call),
    });
  }

  /** Makes the process NOT_SERVING until it ends. */
  drain(): void {
    this.set(false);
    this.#draining = true;
  }

  /** Ends the streams that watch the health; their clients watch another process. */
  endWatches(): void {
    for (const call of this.#watching) call.end();
  }

  set(serving: boolean): void {
    if (serving === this.#serving || this.#draining) return;
    this.#serving = serving;
    for (const call of this.#watching) if (isKnown(call)) call.write(this.#status);
  }

  get #status(): Status {
    return { status: this.#serving ? 'SERVING' : 'NOT_SERVING' };
  }

  #watch(call: WatchCall): void {
    if (this.#watching.size >= MAX_WATCHERS) {
      const message = `too many watches of the health (at most ${MAX_WATCHERS})`;
      call.emit('error', rpcError('TOO_MANY_WATCHERS', message));
      return;
    }
    this.#watching.add(call);
    // grpc-js emits this at the end of every stream, whether or not it was cancelled.
    call.on('cancelled', () => this.#watching.delete(call));
    // The protocol leaves the stream of an unknown service open.
    call.write(isKnown(call) ? this.#status : { status: 'SERVICE_UNKNOWN' });
  }
}

function isKnown({ request }: Pick<WatchCall, 'request'>): boolean {
  return SERVICES.includes(request.service);
}

/** The service with requests that are refused before they are decoded if they are longer than any of a service. */
function short(definition: typeof service): typeof service {
  return Object.fromEntries(
    Object.entries(definition).map(([name, method]) => [
      name,
      { ...method, requestDeserialize: (bytes: Buffer) => decode(method.requestDeserialize, bytes) },
    ]),
  ) as typeof service;
}

function decode(deserialize: (bytes: Buffer) => object, bytes: Buffer): object {
  if (bytes.length > MAX_REQUEST_BYTES) return new RejectedRequest(malformed());
  try {
    return deserialize(bytes);
  } catch {
    return new RejectedRequest(malformed());
  }
}
