import type { sendUnaryData } from '@grpc/grpc-js';
import { Controller, Inject } from '@nestjs/common';
import { GrpcStreamCall } from '@nestjs/microservices';
import { RpcErrorFilter } from '../grpc/rpc-error-filter.js';
import { type MediaCall, MediaUpload } from './media-upload.js';
import { QueryResponder } from './query-responder.js';

/**
 * The RPC that takes a stream. It has the bare call: a GrpcStreamMethod that is async gets no message before it has
 * ended, and has no way to hold the sender back. No filter sees what such a handler throws.
 */
@Controller()
export class AuditMediaController {
  constructor(
    @Inject(MediaUpload) private readonly media: MediaUpload,
    @Inject(QueryResponder) private readonly answers: QueryResponder,
    @Inject(RpcErrorFilter) private readonly filter: RpcErrorFilter,
  ) {}

  @GrpcStreamCall('CodeManagement', 'uploadAuditMedia')
  async uploadAuditMedia(call: MediaCall, respond: sendUnaryData<unknown>): Promise<void> {
    try {
      respond(
        null,
        await this.answers.respond('UploadAuditMedia', call, (options) => this.media.accept(call, options)),
      );
    } catch (error) {
      respond(this.filter.refusal(error));
    }
  }
}
