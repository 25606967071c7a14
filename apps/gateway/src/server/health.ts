import type { Server, ServerWritableStream } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { packageDefinition } from '../decode/decode-request.js';

const SERVICES = ['', ...Object.keys(packageDefinition)];

type WatchCall = ServerWritableStream<unknown, unknown>;
type Watch = (call: WatchCall) => void;

/** The standard gRPC health service. All services share the state of the process. */
export class Health {
  readonly #health = new HealthImplementation(
    Object.fromEntries(SERVICES.map((service) => [service, 'NOT_SERVING' as const])),
  );
  #serving = false;
  #draining = false;
  readonly #watching = new Set<WatchCall>();

  addTo(server: Pick<Server, 'addService'>): void {
    this.#health.addToServer({
      addService: (definition, { watch, ...others }) =>
        server.addService(definition, { ...others, watch: this.#remembered(watch as Watch) }),
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
    for (const service of SERVICES) this.#health.setStatus(service, serving ? 'SERVING' : 'NOT_SERVING');
  }

  #remembered(watch: Watch): Watch {
    return (call) => {
      this.#watching.add(call);
      call.on('cancelled', () => this.#watching.delete(call));
      watch(call);
    };
  }
}
