import { type DynamicModule, Module } from '@nestjs/common';
import { Directory, TokenStore } from '@wxa/authorizers';
import { OutboxRelay } from '@wxa/kafka';
import { Liveness, OperationEnds, ProbesController, Readiness } from '@wxa/service';
import { Store } from '@wxa/store';
import { AcceptOperations } from './accept/accept-operations.js';
import { AcceptanceChecks, WorkerMethods } from './accept/acceptance-checks.js';
import { MediaUpload } from './accept/media-upload.js';
import { AbandonedQueries } from './await/abandoned-queries.js';
import { OperationFeed } from './await/operation-feed.js';
import { Demand, PendingQueries } from './await/pending-queries.js';
import { RolloutFeed } from './await/rollout-feed.js';
import { LOGGER, SETTINGS, TRACING } from './config.js';
import { RpcErrorFilter } from './errors/rpc-error-filter.js';
import { Forwards } from './forwards/forwards.js';
import { AuditsController } from './rpc/audits.controller.js';
import { AuthorizersController } from './rpc/authorizers.controller.js';
import { CallsController } from './rpc/calls.controller.js';
import { AuditMediaController, CodeManagementController } from './rpc/code-management.controller.js';
import { FleetController } from './rpc/fleet.controller.js';
import { OperationsController } from './rpc/operations.controller.js';
import { PlatformController } from './rpc/platform.controller.js';
import { QueryResponder } from './rpc/query-responder.js';
import { RolloutsController } from './rpc/rollouts.controller.js';
import { SettingsController } from './rpc/settings.controller.js';
import { CallbackController } from './webhook/callback.controller.js';
import { CallbackStore } from './webhook/callback-store.js';
import type { CallbackParts } from './webhook/open-callbacks.js';

/** The dependencies of the gateway module. */
export interface GatewayParts extends Omit<CallbackParts, 'connection'> {
  readiness: Readiness;
  workers: WorkerMethods;
  received: { callbacks: CallbackStore; forwards: Forwards | null };
}

/** Wires the gateway: gRPC services, callbacks and probes. */
export function gatewayModule({
  settings,
  logger,
  store,
  directory,
  tokens,
  relay,
  readiness,
  workers,
  tracing,
  received,
}: GatewayParts): DynamicModule {
  return {
    module: GatewayModule,
    controllers: [
      CodeManagementController,
      AuditMediaController,
      OperationsController,
      AuthorizersController,
      FleetController,
      CallsController,
      AuditsController,
      PlatformController,
      RolloutsController,
      SettingsController,
      CallbackController,
      ...(settings.ADMIN_ADDR === undefined ? [ProbesController] : []),
    ],
    providers: [
      { provide: SETTINGS, useValue: settings },
      { provide: LOGGER, useValue: logger },
      { provide: Store, useValue: store },
      { provide: Directory, useValue: directory },
      { provide: TokenStore, useValue: tokens },
      { provide: OutboxRelay, useValue: relay },
      { provide: CallbackStore, useValue: received.callbacks },
      { provide: Forwards, useValue: received.forwards },
      { provide: Readiness, useValue: readiness },
      { provide: WorkerMethods, useValue: workers },
      { provide: OperationEnds, useValue: new OperationEnds(logger, settings.LOG_OPERATIONS) },
      { provide: TRACING, useValue: tracing ?? null },
      Liveness,
      AbandonedQueries,
      AcceptanceChecks,
      AcceptOperations,
      Demand,
      QueryResponder,
      MediaUpload,
      RpcErrorFilter,
      OperationFeed,
      RolloutFeed,
      PendingQueries,
    ],
  };
}

@Module({})
class GatewayModule {}
