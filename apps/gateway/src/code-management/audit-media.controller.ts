import type { sendUnaryData } from '@grpc/grpc-js';
import { Controller, Inject } from '@nestjs/common';
import { GrpcStreamCall } from '@nestjs/microservices';
import { FaultFilter } from '../grpc/fault-filter.js';
import { Answers } from './answers.js';
import { AuditMedia, type MediaCall } from './audit-media.js';

/**
 * The RPC that takes a stream. It has the bare call: a GrpcStreamMethod that is async gets no message before it has
 * ended, and has no way to hold the sender back. No filter sees what such a handler throws.
 */
@Controller()
export class AuditMediaController {
  constructor(
    @Inject(AuditMedia) private readonly media: AuditMedia,
    @Inject(Answers) private readonly answers: Answers,
    @Inject(FaultFilter) private readonly filter: FaultFilter,
  ) {}

  @GrpcStreamCall('CodeManagement', 'uploadAuditMedia')
  async uploadAuditMedia(call: MediaCall, respond: sendUnaryData<unknown>): Promise<void> {
    try {
      respond(
        null,
        await this.answers.to('UploadAuditMedia', call, (options) => this.media.accept(call, options)),
      );
    } catch (error) {
      respond(this.filter.refusal(error));
    }
  }
}
