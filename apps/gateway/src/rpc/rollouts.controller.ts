import type { Metadata, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js';
import { Controller, Inject, UseFilters } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import {
  type AddRolloutTargetsRequest,
  type AdvanceRolloutRequest,
  type CancelRolloutRequest,
  type CreateRolloutRequest,
  type GetRolloutPlanRequest,
  type GetRolloutRequest,
  type GetRolloutTargetRequest,
  type ListRolloutChangesRequest,
  type ListRolloutChangesResponse,
  type ListRolloutFailuresRequest,
  type ListRolloutFailuresResponse,
  type ListRolloutsRequest,
  type ListRolloutsResponse,
  type ListRolloutTargetsRequest,
  type ListRolloutTargetsResponse,
  type PauseRolloutRequest,
  type ResumeRolloutRequest,
  type RetryRolloutRequest,
  type RollbackRolloutRequest,
  type Rollout,
  type RolloutPlan,
  type RolloutTarget,
  type SkipRolloutTargetsRequest,
  type StartRolloutRequest,
  type UpdateRolloutRequest,
  type WatchRolloutRequest,
  type WatchRolloutResponse,
} from '@wxa/contracts';
import type { WatchedRollout } from '@wxa/rollouts/calls';
import { toFailure, toRollout } from '@wxa/rollouts/core';
import { Store } from '@wxa/store';
import { from, mergeMap, type Observable } from 'rxjs';
import { type CancellableCall, callSignal } from '../await/call-signal.js';
import { RolloutFeed } from '../await/rollout-feed.js';
import { visibleTo } from '../callers/caller-of.js';
import { type GatewaySettings, SETTINGS } from '../config.js';
import { RpcErrorFilter } from '../errors/rpc-error-filter.js';
import * as commands from '../rollouts/commands.js';
import { createRollout } from '../rollouts/create-rollout.js';
import { addRolloutTargets, updateRollout } from '../rollouts/draft-rollouts.js';
import { getTarget, listChanges, listRollouts, listTargets, type Read } from '../rollouts/list-rollouts.js';
import { planRollout } from '../rollouts/plan-rollout.js';
import { refuseInvalid } from '../rollouts/request-checks.js';
import { rollbackRollout } from '../rollouts/rollback-rollout.js';
import { rolloutCaller, visibleRollout } from '../rollouts/rollout-access.js';
import { toWatched } from '../rollouts/to-rollout.js';

type Call = ServerUnaryCall<unknown, unknown>;

/** The Rollouts service. It changes rows only; turns of the release workers do the rest. */
@Controller()
@UseFilters(RpcErrorFilter)
export class RolloutsController {
  constructor(
    @Inject(Store) private readonly store: Store,
    @Inject(SETTINGS) private readonly settings: GatewaySettings,
    @Inject(RolloutFeed) private readonly feed: RolloutFeed,
  ) {}

  @GrpcMethod('Rollouts', 'createRollout')
  createRollout(request: CreateRolloutRequest, _metadata: Metadata, call: Call): Promise<Rollout> {
    refuseInvalid('CreateRollout', request);
    return createRollout(this.store, request, call, this.settings);
  }

  @GrpcMethod('Rollouts', 'updateRollout')
  updateRollout(request: UpdateRolloutRequest, _metadata: Metadata, call: Call): Promise<Rollout> {
    refuseInvalid('UpdateRollout', request);
    return updateRollout(this.store, request, call);
  }

  @GrpcMethod('Rollouts', 'addRolloutTargets')
  addRolloutTargets(request: AddRolloutTargetsRequest, _metadata: Metadata, call: Call): Promise<Rollout> {
    refuseInvalid('AddRolloutTargets', request);
    return addRolloutTargets(this.store, request, call);
  }

  @GrpcMethod('Rollouts', 'getRolloutPlan')
  getRolloutPlan(request: GetRolloutPlanRequest, _metadata: Metadata, call: Call): Promise<RolloutPlan> {
    refuseInvalid('GetRolloutPlan', request);
    return planRollout(this.store, request, call, this.settings);
  }

  @GrpcMethod('Rollouts', 'rollbackRollout')
  rollbackRollout(request: RollbackRolloutRequest, _metadata: Metadata, call: Call): Promise<Rollout> {
    refuseInvalid('RollbackRollout', request);
    return rollbackRollout(this.store, request, call);
  }

  @GrpcMethod('Rollouts', 'startRollout')
  startRollout(request: StartRolloutRequest, _metadata: Metadata, call: Call): Promise<Rollout> {
    refuseInvalid('StartRollout', request);
    return commands.startRollout(this.store, request, call);
  }

  @GrpcMethod('Rollouts', 'getRollout')
  async getRollout(request: GetRolloutRequest, metadata: Metadata, call: CancellableCall): Promise<Rollout> {
    refuseInvalid('GetRollout', request);
    return toRollout((await this.#read(request.id, metadata, 'GetRollout', call)).rollout);
  }

  @GrpcMethod('Rollouts', 'listRollouts')
  listRollouts(
    request: ListRolloutsRequest,
    metadata: Metadata,
    call: CancellableCall,
  ): Promise<ListRolloutsResponse> {
    refuseInvalid('ListRollouts', request);
    return listRollouts(this.store, request, rolloutCaller(metadata, 'ListRollouts'), callSignal(call));
  }

  @GrpcMethod('Rollouts', 'listRolloutTargets')
  async listRolloutTargets(
    request: ListRolloutTargetsRequest,
    metadata: Metadata,
    call: CancellableCall,
  ): Promise<ListRolloutTargetsResponse> {
    refuseInvalid('ListRolloutTargets', request);
    const read = await this.#read(request.id, metadata, 'ListRolloutTargets', call);
    return listTargets(this.store, request, read, callSignal(call));
  }

  @GrpcMethod('Rollouts', 'getRolloutTarget')
  async getRolloutTarget(
    request: GetRolloutTargetRequest,
    metadata: Metadata,
    call: CancellableCall,
  ): Promise<RolloutTarget> {
    refuseInvalid('GetRolloutTarget', request);
    const read = await this.#read(request.id, metadata, 'GetRolloutTarget', call);
    return getTarget(this.store, request.appid, read, callSignal(call));
  }

  @GrpcMethod('Rollouts', 'listRolloutFailures')
  async listRolloutFailures(
    request: ListRolloutFailuresRequest,
    metadata: Metadata,
    call: CancellableCall,
  ): Promise<ListRolloutFailuresResponse> {
    refuseInvalid('ListRolloutFailures', request);
    const { rollout, visible } = await this.#read(request.id, metadata, 'ListRolloutFailures', call);
    return { failures: (await this.store.rollouts.listFailures(rollout.id, visible)).map(toFailure) };
  }

  @GrpcMethod('Rollouts', 'listRolloutChanges')
  async listRolloutChanges(
    request: ListRolloutChangesRequest,
    metadata: Metadata,
    call: CancellableCall,
  ): Promise<ListRolloutChangesResponse> {
    refuseInvalid('ListRolloutChanges', request);
    await this.#read(request.id, metadata, 'ListRolloutChanges', call);
    return listChanges(this.store, request, callSignal(call));
  }

  @GrpcMethod('Rollouts', 'pauseRollout')
  pauseRollout(request: PauseRolloutRequest, _metadata: Metadata, call: Call): Promise<Rollout> {
    refuseInvalid('PauseRollout', request);
    return commands.pauseRollout(this.store, request, call);
  }

  @GrpcMethod('Rollouts', 'resumeRollout')
  resumeRollout(request: ResumeRolloutRequest, _metadata: Metadata, call: Call): Promise<Rollout> {
    refuseInvalid('ResumeRollout', request);
    return commands.resumeRollout(this.store, request, call);
  }

  @GrpcMethod('Rollouts', 'advanceRollout')
  advanceRollout(request: AdvanceRolloutRequest, _metadata: Metadata, call: Call): Promise<Rollout> {
    refuseInvalid('AdvanceRollout', request);
    return commands.advanceRollout(this.store, request, call);
  }

  @GrpcMethod('Rollouts', 'cancelRollout')
  cancelRollout(request: CancelRolloutRequest, _metadata: Metadata, call: Call): Promise<Rollout> {
    refuseInvalid('CancelRollout', request);
    return commands.cancelRollout(this.store, request, call);
  }

  @GrpcMethod('Rollouts', 'retryRollout')
  retryRollout(request: RetryRolloutRequest, _metadata: Metadata, call: Call): Promise<Rollout> {
    refuseInvalid('RetryRollout', request);
    return commands.retryRollout(this.store, request, call);
  }

  @GrpcMethod('Rollouts', 'skipRolloutTargets')
  skipRolloutTargets(request: SkipRolloutTargetsRequest, _metadata: Metadata, call: Call): Promise<Rollout> {
    refuseInvalid('SkipRolloutTargets', request);
    return commands.skipTargets(this.store, request, call);
  }

  @GrpcMethod('Rollouts', 'watchRollout')
  watchRollout(
    request: WatchRolloutRequest,
    metadata: Metadata,
    call: ServerWritableStream<unknown, WatchRolloutResponse>,
  ): Observable<WatchRolloutResponse> {
    refuseInvalid('WatchRollout', request);
    const { id } = request;
    const toMessage = (rollout: WatchedRollout) =>
      toWatched(
        visibleRollout(rollout, id, rolloutCaller(metadata, 'WatchRollout')),
        visibleTo(metadata, 'Rollouts/WatchRollout'),
      );
    return from(this.#watched(id, metadata, call)).pipe(
      mergeMap((rollout) => this.feed.watch(rollout, toMessage, call)),
    );
  }

  async #watched(id: string, metadata: Metadata, call: CancellableCall): Promise<WatchedRollout> {
    const { rollout } = await this.#read(id, metadata, 'WatchRollout', call);
    const [watched = { ...rollout, latest: [] }] = await this.store.rollouts.withLatest([rollout]);
    return watched;
  }

  /** A rollout that the caller may not see gets exactly the answer of an unknown id. */
  async #read(id: string, metadata: Metadata, rpc: string, call: CancellableCall): Promise<Read> {
    const found = await this.store.rollouts.find(id, callSignal(call));
    const rollout = visibleRollout(found, id, rolloutCaller(metadata, rpc));
    return { rollout, visible: visibleTo(metadata, `Rollouts/${rpc}`) };
  }
}
