import type { Server } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { packageDefinition } from '../decode/decode-request.js';

const SERVICES = ['', ...Object.keys(packageDefinition)];

/** The standard gRPC health service. All services share the state of the process. */
export class Health {
  readonly #health = new HealthImplementation(
    Object.fromEntries(SERVICES.map((service) => [service, 'NOT_SERVING' as const])),
  );
  #serving = false;

  addTo(server: Pick<Server, 'addService'>): void {
    this.#health.addToServer(server);
  }

  set(serving: boolean): void {
    if (serving === this.#serving) return;
    this.#serving = serving;
    for (const service of SERVICES) this.#health.setStatus(service, serving ? 'SERVING' : 'NOT_SERVING');
  }
}
