import { createHash } from 'node:crypto';
import type { ServerReadableStream } from '@grpc/grpc-js';
import { Inject, Injectable } from '@nestjs/common';
import type { Operation, UploadAuditMediaInfo, UploadAuditMediaRequest } from '@wxa/contracts';
import { contentViolation, MAX_MEDIA_BYTES, sizeViolation } from '@wxa/methods';
import { type GatewaySettings, SETTINGS } from '../config.js';
import { invalidRequest, rpcError } from '../grpc/rpc-error.js';
import { uploadBytes } from '../metrics.js';
import { AcceptOperations, type AcceptOptions } from './accept-operations.js';
import { violationsOf } from './request-limits.js';

const MIB = 1024 * 1024;
/** Of all files that are coming in: several of the largest, or many that have only begun. */
const MAX_HELD_BYTES = 64 * MIB;
const FIRST_BYTES = 64 * 1024;

export type MediaCall = ServerReadableStream<UploadAuditMediaRequest, unknown>;

/** Takes files in and accepts their operations; a file is in memory only until then. */
@Injectable()
export class MediaUpload {
  #heldBytes = 0;
  readonly #coming = new Set<MediaCall>();

  constructor(
    @Inject(AcceptOperations) private readonly operations: AcceptOperations,
    @Inject(SETTINGS) private readonly settings: GatewaySettings,
  ) {}

  /** The operation of the file that a call brings. Throws a Fault where it is none, too large, too slow or too much. */
  async accept(call: MediaCall, options: AcceptOptions): Promise<Operation> {
    const file = new GrowingFile((bytes) => this.#hold(bytes));
    try {
      const info = await this.#receive(call, file);
      const { content } = file;
      const wrong = contentViolation(info.contentType, content);
      if (wrong !== undefined) throw invalidRequest([wrong]);
      const sha256 = createHash('sha256').update(content).digest();
      const request = { ...info, size: content.length, sha256 };
      return await this.operations.accept('UploadAuditMedia', request, { ...options, content });
    } finally {
      this.#hold(-file.heldBytes);
    }
  }

  /** Ends every upload that is still coming in: the process stops. */
  endAll(): void {
    for (const call of this.#coming)
      call.destroy(rpcError('STOPPING', 'the gateway stops: send the file again'));
  }

  #hold(bytes: number): void {
    if (this.#heldBytes + bytes > MAX_HELD_BYTES)
      throw rpcError('TOO_MANY_REQUESTS', 'too many files are coming in at once: try again');
    this.#heldBytes += bytes;
    uploadBytes.set(this.#heldBytes);
  }

  async #receive(call: MediaCall, file: GrowingFile): Promise<UploadAuditMediaInfo> {
    const longestMs = this.settings.GRPC_UPLOAD_TIMEOUT_MS;
    const tooSlow = rpcError('UPLOAD_TOO_SLOW', `the file did not come within ${longestMs} ms`);
    const timer = setTimeout(() => call.destroy(tooSlow), longestMs);
    this.#coming.add(call);
    try {
      return await collect(call, file);
    } catch (error) {
      throw call.cancelled ? rpcError('CALLER_GONE', 'the caller went before the file was whole') : error;
    } finally {
      clearTimeout(timer);
      this.#coming.delete(call);
    }
  }
}

/** What is wrong with the file's info is told before its bytes have come. */
async function collect(
  parts: AsyncIterable<UploadAuditMediaRequest>,
  file: GrowingFile,
): Promise<UploadAuditMediaInfo> {
  let info: UploadAuditMediaInfo | undefined;
  for await (const { part } of parts) {
    if (part?.$case === 'info') {
      if (info !== undefined) throw refusal('info', 'must be sent once');
      info = part.value;
      const violations = violationsOf('UploadAuditMedia', { ...info, size: 0, sha256: Buffer.alloc(0) });
      if (violations.length > 0) throw invalidRequest(violations);
    } else if (part?.$case === 'chunk') {
      if (info === undefined) throw refusal('info', 'required before the first chunk');
      const tooLarge = sizeViolation(info.contentType, file.size + part.value.length);
      if (tooLarge !== undefined) throw invalidRequest([tooLarge]);
      file.append(part.value);
    }
  }
  if (info === undefined) throw refusal('info', 'required');
  return info;
}

function refusal(field: string, description: string) {
  return invalidRequest([{ field, description }]);
}

/** A file's bytes in one piece from the beginning: chunks of a byte each take no more than others. */
class GrowingFile {
  size = 0;
  #bytes = Buffer.alloc(0);

  /** @param hold is asked before memory is taken, and throws where there is none left. */
  constructor(private readonly hold: (bytes: number) => void) {}

  get heldBytes(): number {
    return this.#bytes.length;
  }

  get content(): Buffer {
    return this.#bytes.subarray(0, this.size);
  }

  append(chunk: Buffer): void {
    const needed = this.size + chunk.length;
    if (needed > this.#bytes.length)
      this.#grow(Math.min(Math.max(needed, 2 * this.#bytes.length, FIRST_BYTES), MAX_MEDIA_BYTES));
    chunk.copy(this.#bytes, this.size);
    this.size = needed;
  }

  #grow(bytes: number): void {
    this.hold(bytes - this.#bytes.length);
    const grown = Buffer.allocUnsafe(bytes);
    this.content.copy(grown);
    this.#bytes = grown;
  }
}
