import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { Controller, Inject, UseFilters } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  GetPlatformStatusRequest,
  LiftApiStopRequest,
  LiftApiStopResponse,
  ListTrailRequest,
  ListTrailResponse,
  PlatformStatus,
} from '@wxa/contracts';
import { Store } from '@wxa/store';
import { type CancellableCall, callSignal } from '../await/call-signal.js';
import { actorOf } from '../callers/actor.js';
import { visibleTo } from '../callers/caller-of.js';
import { rpcError } from '../errors/rpc-error.js';
import { RpcErrorFilter } from '../errors/rpc-error-filter.js';
import { listTrail } from '../operations/list-trail.js';
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
    const [lifted] = await this.store.limits.lift(actorOf(call, onBehalfOf), api, reason);
    return { lifted: lifted !== undefined, dueOperations: lifted?.waiting ?? 0 };
  }

  /** The trail has rows of no mini-program and of all, so that it is for callers that may see everything. */
  @GrpcMethod('Platform', 'listTrail')
  async listTrail(
    request: ListTrailRequest,
    metadata: Metadata,
    call: CancellableCall,
  ): Promise<ListTrailResponse> {
    const visible = visibleTo(metadata, 'Platform/ListTrail');
    if (visible !== undefined && (visible.allow !== 'all' || visible.deny.length > 0))
      throw rpcError('CALLER_NOT_ALLOWED', 'Platform/ListTrail is for callers whose rules cover all appids');
    refuseInvalid('ListTrail', request);
    return listTrail(this.store, request, callSignal(call));
  }
}
