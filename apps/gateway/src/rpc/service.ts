import type { Metadata, ServerUnaryCall, ServerWritableStream, ServiceDefinition } from '@grpc/grpc-js';
import { Controller, Inject, type InjectionToken, type Type, UseFilters } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { isUuid, type Rule, type RulesOf, violationsBy } from '@wxa/methods';
import type { VisibleAppids } from '@wxa/policy';
import { isLimited } from '@wxa/postgres/lists';
import type { Observable } from 'rxjs';
import { callSignal } from '../await/call-signal.js';
import { callerOf, visibleTo } from '../callers/caller-of.js';
import { invalidRequest, type RpcError, rpcError } from '../errors/rpc-error.js';
import { RpcErrorFilter } from '../errors/rpc-error-filter.js';

type RequestOf<D> = D extends { requestSerialize(value: infer Request): unknown } ? Request : never;
type ResponseOf<D> = D extends { responseDeserialize(bytes: Buffer): infer Response } ? Response : never;

/** What each RPC of a service does with a request that complies with its rules. */
export type Handlers<Service> = {
  readonly [Rpc in keyof Service]: (
    request: RequestOf<Service[Rpc]>,
    call: RpcCall,
  ) => Promise<ResponseOf<Service[Rpc]>> | Observable<ResponseOf<Service[Rpc]>>;
} & {
  /** Called before the rules of the request are checked; throws to refuse the call. */
  before?(call: RpcCall): void;
};

/** A call, for its handler. */
export class RpcCall {
  constructor(
    /** For example `ListLanes`. */
    readonly rpc: string,
    /** For example `Operations`. */
    private readonly service: string,
    readonly call: ServerUnaryCall<unknown, unknown> & ServerWritableStream<unknown, never>,
  ) {}

  get metadata(): Metadata {
    return this.call.metadata;
  }

  /** Its name; empty without a policy. */
  get caller(): string {
    return callerOf(this.metadata)?.name ?? '';
  }

  /** A new signal that aborts when the caller cancels. */
  signal(): AbortSignal {
    return callSignal(this.call);
  }

  /** The appids for which the caller may make the call, at the time of the question; undefined for all. */
  visible(): VisibleAppids | undefined {
    return visibleTo(this.metadata, `${this.service}/${this.rpc}`);
  }

  /** Throws unless the caller may make the call for all appids. @param what the subject and verb of the message. */
  refuseUnlessAll(what: string): void {
    if (!isLimited(this.visible())) return;
    const facts = { caller: this.caller, method: `${this.service}/${this.rpc}` };
    throw rpcError('CALLER_NOT_ALLOWED', `${what} for callers whose rules cover all appids`, facts);
  }

  sees(appid: string): boolean {
    return this.visible()?.has(appid) ?? true;
  }
}

/** Refuses a request that breaks a rule. An id that is not a UUID is unknown. */
function refuseInvalid<R extends object>(
  rules: readonly Rule<R>[],
  request: R,
  unknownId: ((id: string) => RpcError) | undefined,
): void {
  const violations = violationsBy(rules, request);
  if (violations.length > 0) throw invalidRequest(violations);
  if (unknownId !== undefined && 'id' in request && !isUuid(String(request.id)))
    throw unknownId(String(request.id));
}

/**
 * Nest's controller of a service. @param parts what `handlersOf` gets. @param unknownId the error for the id of a request that nothing has.
 */
export function controllerOf<Service extends ServiceDefinition, Parts extends unknown[]>(
  service: Service,
  rules: RulesOf<Service>,
  parts: { [P in keyof Parts]: InjectionToken<Parts[P]> },
  handlersOf: (...parts: Parts) => Handlers<Service>,
  unknownId?: (id: string) => RpcError,
): Type {
  @Controller()
  @UseFilters(RpcErrorFilter)
  class ServiceController {
    readonly handlers: Handlers<Service>;

    constructor(...injected: Parts) {
      this.handlers = handlersOf(...injected);
    }
  }
  for (const [i, part] of parts.entries()) Inject(part as InjectionToken)(ServiceController, undefined, i);
  for (const name of Object.keys(service) as (keyof Service & string)[]) {
    const [, serviceName = '', rpc = ''] = /([^.]+)\/(.+)$/.exec(service[name]?.path ?? '') ?? [];
    addHandler(ServiceController, serviceName, name, function (this: ServiceController, request, call) {
      const rpcCall = new RpcCall(rpc, serviceName, call);
      this.handlers.before?.(rpcCall);
      refuseInvalid(rules[name] as readonly Rule<object>[], request, unknownId);
      return this.handlers[name](request as never, rpcCall);
    });
  }
  return ServiceController;
}

type Handler = (this: never, request: object, call: RpcCall['call']) => unknown;

/** Makes a method of a controller the handler of an RPC. */
export function addHandler(controller: Type, service: string, name: string, handle: Handler): void {
  const descriptor = {
    configurable: true,
    value(this: never, request: object, _metadata: Metadata, call: RpcCall['call']) {
      return handle.call(this, request, call);
    },
  };
  Object.defineProperty(controller.prototype, name, descriptor);
  GrpcMethod(service, name)(controller.prototype, name, descriptor);
}
