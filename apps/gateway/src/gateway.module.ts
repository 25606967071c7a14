import { type DynamicModule, Module } from '@nestjs/common';
import { OutboxRelay } from '@wxa/kafka';
import { type Logger, ProbesController, Readiness } from '@wxa/service';
import { Store, TokenStore } from '@wxa/store';
import { AuthorizersController } from './authorizers/authorizers.controller.js';
import { CallbackController } from './callback/callback.controller.js';
import { AcceptOperations } from './code-management/accept-operations.js';
import { CodeManagementController } from './code-management/code-management.controller.js';
import { AuditMediaController } from './code-management/media-upload.controller.js';
import { MediaUpload } from './code-management/media-upload.js';
import { QueryResponder } from './code-management/query-responder.js';
import { type GatewaySettings, LOGGER, SETTINGS } from './config.js';
import { RpcErrorFilter } from './grpc/rpc-error-filter.js';
import { OperationsController } from './operations/operations.controller.js';
import { AbandonedQueries } from './outcomes/abandoned-queries.js';
import { OperationFeed } from './outcomes/operation-feed.js';
import { PendingQueries } from './outcomes/pending-queries.js';

/** The dependencies of the gateway module. */
export interface GatewayParts {
  settings: GatewaySettings;
  logger: Logger;
  store: Store;
  /** Null if the token source is not `component`. */
  tokens: TokenStore | null;
  relay: OutboxRelay;
  readiness: Readiness;
}

/** Wires the gateway: gRPC services, callbacks and probes. */
export function gatewayModule({
  settings,
  logger,
  store,
  tokens,
  relay,
  readiness,
}: GatewayParts): DynamicModule {
  return {
    module: GatewayModule,
    controllers: [
      CodeManagementController,
      AuditMediaController,
      OperationsController,
      AuthorizersController,
      CallbackController,
      ProbesController,
    ],
    providers: [
      { provide: SETTINGS, useValue: settings },
      { provide: LOGGER, useValue: logger },
      { provide: Store, useValue: store },
      { provide: TokenStore, useValue: tokens },
      { provide: OutboxRelay, useValue: relay },
      { provide: Readiness, useValue: readiness },
      AbandonedQueries,
      AcceptOperations,
      QueryResponder,
      MediaUpload,
      RpcErrorFilter,
      OperationFeed,
      PendingQueries,
    ],
  };
}

@Module({})
class GatewayModule {}
