import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { Controller, Inject, UseFilters } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  GetPlatformStatusRequest,
  LiftApiStopRequest,
  LiftApiStopResponse,
  PlatformStatus,
} from '@wxa/contracts';
import { Store } from '@wxa/store';
import { type CancellableCall, callSignal } from '../await/call-signal.js';
import { actorOf } from '../callers/actor.js';
import { RpcErrorFilter } from '../errors/rpc-error-filter.js';
import { APIS, toPlatformStatus } from '../operations/platform-status.js';
import { refuseInvalid } from '../operations/request-checks.js';

/** The Platform service. */
@Controller()
@UseFilters(RpcErrorFilter)
export class PlatformController {
  constructor(@Inject(Store) private readonly store: Store) {}

  @GrpcMethod('Platform', 'getPlatformStatus')
  async getPlatformStatus(
    _request: GetPlatformStatusRequest,
    _metadata: Metadata,
    call: CancellableCall,
  ): Promise<PlatformStatus> {
    return toPlatformStatus(await this.store.platformState([...APIS], callSignal(call)));
  }

  @GrpcMethod('Platform', 'liftApiStop')
  async liftApiStop(
    request: LiftApiStopRequest,
    _metadata: Metadata,
    call: ServerUnaryCall<unknown, unknown>,
  ): Promise<LiftApiStopResponse> {
    refuseInvalid('LiftApiStop', request);
    const { api, onBehalfOf, reason } = request;
    const actor = actorOf(call);
    const by = { ...actor, onBehalfOf: onBehalfOf || actor.onBehalfOf };
    const [lifted] = await this.store.limits.lift(by, api, reason);
    return { lifted: lifted !== undefined, dueOperations: lifted?.waiting ?? 0 };
  }
}
