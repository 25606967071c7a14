import type { Client } from '@grpc/grpc-js';
import type { DeepPartial } from '@wxa/contracts';
import * as contracts from '@wxa/contracts';
import { type RpcMethod, type RpcOptions, unary } from './calls.js';

/** The services of the gateway. */
export const SERVICES = {
  audits: contracts.AuditsService,
  authorizers: contracts.AuthorizersService,
  codeManagement: contracts.CodeManagementService,
  fleet: contracts.FleetService,
  operations: contracts.OperationsService,
  platform: contracts.PlatformService,
  platformDomains: contracts.PlatformDomainsService,
  rollouts: contracts.RolloutsService,
  settings: contracts.SettingsService,
  setup: contracts.SetupService,
  templates: contracts.TemplatesService,
};

type Defined = {
  [S in keyof typeof SERVICES]: (typeof SERVICES)[S][keyof (typeof SERVICES)[S]];
}[keyof typeof SERVICES];

/** The names of the RPCs with or without a stream of responses, as in `Rollouts/GetRollout`, and their definitions. */
export type Rpc<IsStream extends boolean = false> = {
  [D in Extract<Defined, { requestStream: false; responseStream: IsStream }> as D extends {
    path: `/wxa.code.v1.${infer Name}`;
  }
    ? Name
    : never]: D;
};

type Unary = { requestStream: false; responseStream: false };

/** The unary methods of a service. Fields that a request lacks have their defaults. Each call rejects with a ServiceError. */
export type Calls<Service> = {
  [M in keyof Service as Service[M] extends Unary ? M : never]: Service[M] extends RpcMethod<
    infer Request,
    infer Response
  >
    ? (request: DeepPartial<Request>, deadlineMs?: number) => Promise<Response>
    : never;
};

export type Services = { readonly [S in keyof typeof SERVICES]: Calls<(typeof SERVICES)[S]> };

/**
 * The services on a connection.
 * @param deadlineOf milliseconds, for a call without a deadline of its own.
 */
export function servicesOn(
  client: Client,
  metadata: RpcOptions['metadata'],
  deadlineOf: (service: keyof Services, method: string) => number,
): Services {
  const services = Object.entries(SERVICES).map(([name, methods]) => {
    const call = (method: string) => (given: object, deadlineMs?: number) =>
      unary<object, object>(client, Reflect.get(methods, method), requestType(method).fromPartial(given), {
        metadata,
        deadlineMs: deadlineMs ?? deadlineOf(name as keyof Services, method),
      });
    return [name, Object.fromEntries(Object.keys(methods).map((method) => [method, call(method)]))];
  });
  return Object.fromEntries(services);
}

/** The message that a method takes is named after it. */
function requestType(method: string): { fromPartial(given: object): object } {
  // biome-ignore lint/performance/noDynamicNamespaceImportAccess: the code of a server
  return contracts[`${method.charAt(0).toUpperCase()}${method.slice(1)}Request` as 'ListLanesRequest'];
}
