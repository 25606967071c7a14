import type { sendUnaryData } from '@grpc/grpc-js';
import { Controller, Inject } from '@nestjs/common';
import { GrpcStreamCall } from '@nestjs/microservices';
import { type MediaCall, MediaUpload } from '../accept/media-upload.js';
import { RpcErrorFilter } from '../errors/rpc-error-filter.js';
import { QueryResponder } from './query-responder.js';

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
        await this.responder.respond('UploadAuditMedia', call, (options) => this.media.accept(call, options)),
      );
    } catch (error) {
      respond(this.filter.toResponse(error));
    }
  }
}
