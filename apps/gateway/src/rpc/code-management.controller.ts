import type { sendUnaryData } from '@grpc/grpc-js';
import { Controller, Inject, UseFilters } from '@nestjs/common';
import { GrpcStreamCall } from '@nestjs/microservices';
import { type ListTemplatesResponse, METHODS, type Method, type RequestOf, serviceOf } from '@wxa/contracts';
import { Store } from '@wxa/store';
import { AcceptOperations, type AcceptOptions } from '../accept/accept-operations.js';
import { type MediaCall, MediaUpload } from '../accept/media-upload.js';
import { callerOf } from '../callers/caller-of.js';
import { RpcErrorFilter } from '../errors/rpc-error-filter.js';
import { withUse } from '../fleet/template-use.js';
import { QueryResponder } from './query-responder.js';
import { addHandler, type RpcCall } from './service.js';

/** All RPCs of METHODS except five. Each accepts an operation; queries then wait for the outcome. */
@Controller()
@UseFilters(RpcErrorFilter)
export class CodeManagementController {
  constructor(
    @Inject(AcceptOperations) private readonly operations: AcceptOperations,
    @Inject(QueryResponder) private readonly responder: QueryResponder,
    @Inject(Store) private readonly store: Store,
  ) {}

  async handle<M extends Method>(method: M, request: RequestOf<M>, call: RpcCall['call']): Promise<unknown> {
    const accept = (options: AcceptOptions) => this.operations.accept(method, request, options);
    const cancelIfAbandoned = request.requestId === '';
    const answer = await this.responder.respond(method, call, accept, { cancelIfAbandoned });
    return method === 'ListTemplates' ? withUse(this.store.fleet, answer as ListTemplatesResponse) : answer;
  }
}

/** RPCs with a stream or a secret, which is stored in Postgres, one that responds with a row, and listed calls have their own controllers. */
const ELSEWHERE: readonly Method[] = [
  'UploadAuditMedia',
  'ImportAuthorizer',
  'RefreshMiniProgram',
  'QueryWechat',
  'ChangeWechat',
];

// The handlers are generated from METHODS, so that none can be missing or duplicated.
for (const method of Object.keys(METHODS) as Method[]) {
  if (ELSEWHERE.includes(method)) continue;
  const name = method.charAt(0).toLowerCase() + method.slice(1);
  addHandler(
    CodeManagementController,
    serviceOf(method),
    name,
    function (this: CodeManagementController, request, call) {
      return this.handle(method, request as RequestOf<Method>, call);
    },
  );
}

/**
 * The client-streaming RPC. It uses the raw call: Nest delivers no message to an async GrpcStreamMethod before the method
 * has returned, and offers no flow control. Nest does not apply exception filters to such a handler.
 */
@Controller()
export class AuditMediaController {
  constructor(
    @Inject(MediaUpload) private readonly media: MediaUpload,
    @Inject(QueryResponder) private readonly responder: QueryResponder,
    @Inject(RpcErrorFilter) private readonly filter: RpcErrorFilter,
  ) {}

  @GrpcStreamCall('CodeManagement', 'uploadAuditMedia')
  async uploadAuditMedia(call: MediaCall, respond: sendUnaryData<unknown>): Promise<void> {
    try {
      respond(
        null,
        await this.responder.respond('UploadAuditMedia', call, (options) =>
          this.media.accept(call, options, callerOf(call.metadata)),
        ),
      );
    } catch (error) {
      respond(this.filter.toResponse(error));
    }
  }
}
