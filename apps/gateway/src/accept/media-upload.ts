import { createHash } from 'node:crypto';
import type { ServerReadableStream } from '@grpc/grpc-js';
import { Inject, Injectable } from '@nestjs/common';
import type { Operation, UploadAuditMediaInfo, UploadAuditMediaRequest } from '@wxa/contracts';
import { contentViolation, MAX_MEDIA_BYTES, sizeViolation } from '@wxa/methods';
import { type GatewaySettings, SETTINGS } from '../config.js';
import { invalidField, invalidRequest, rpcError } from '../errors/rpc-error.js';
import { uploadBytes } from '../metrics.js';
import { AcceptOperations, type AcceptOptions } from './accept-operations.js';
import { violationsOf } from './acceptance-checks.js';

const MIB = 1024 * 1024;
/** Memory for all uploads in progress: several large files, or many that have just begun. */
const MAX_HELD_BYTES = 64 * MIB;
const INITIAL_BYTES = 64 * 1024;

export type MediaCall = ServerReadableStream<UploadAuditMediaRequest, unknown>;

/** A caller of the policy: its uploads hold at most a quarter of the memory, unless `limits` says otherwise. */
interface UploadingCaller {
  name: string;
  method: string;
  limits: { uploadMemory?: number | undefined };
}

/** Receives files and accepts their operations. A file is in memory only until its operation is accepted. */
@Injectable()
export class MediaUpload {
  #heldBytes = 0;
  /** By caller of the policy. */
  readonly #heldBy = new Map<string, number>();
  #stopping = false;
  readonly #uploading = new Set<MediaCall>();

  constructor(
    @Inject(AcceptOperations) private readonly operations: AcceptOperations,
    @Inject(SETTINGS) private readonly settings: GatewaySettings,
  ) {}

  /**
   * Accepts the operation of an uploaded file. Rejects with an RpcError if the file is invalid, too large or too slow,
   * or if too many uploads are in progress.
   * @param caller undefined without a policy.
   */
  async accept(call: MediaCall, options: AcceptOptions, caller?: UploadingCaller): Promise<Operation> {
    const reserve = (bytes: number) => {
      if (caller !== undefined) this.#reserveFor(caller, bytes);
      this.#reserve(bytes);
    };
    const file = new GrowingFile(reserve);
    try {
      const info = await this.#receive(call, file);
      const { content } = file;
      const violation = contentViolation(info.contentType, content);
      if (violation !== undefined) throw invalidRequest([violation]);
      const sha256 = createHash('sha256').update(content).digest();
      const request = { ...info, size: content.length, sha256 };
      return await this.operations.accept('UploadAuditMedia', request, { ...options, content });
    } finally {
      reserve(-file.heldBytes);
    }
  }

  /** Ends all uploads in progress when the process stops, also those of calls that are authorized later. */
  endAll(): void {
    this.#stopping = true;
    for (const call of this.#uploading) call.destroy(stopping());
  }

  #reserveFor({ name: caller, method, limits }: UploadingCaller, bytes: number): void {
    const { uploadMemory = MAX_HELD_BYTES / 4 } = limits;
    const held = (this.#heldBy.get(caller) ?? 0) + bytes;
    const message = `uploads of caller ${caller} may hold ${uploadMemory} bytes`;
    if (bytes > 0 && held > uploadMemory)
      throw rpcError('CALLER_QUOTA_EXCEEDED', message, { caller, method });
    // The limit of all is checked next, before anything is counted.
    if (this.#heldBytes + bytes <= MAX_HELD_BYTES) this.#heldBy.set(caller, held);
  }

  #reserve(bytes: number): void {
    if (this.#heldBytes + bytes > MAX_HELD_BYTES)
      throw rpcError('TOO_MANY_REQUESTS', 'too many uploads are in progress; retry later');
    this.#heldBytes += bytes;
    uploadBytes.set({}, this.#heldBytes);
  }

  async #receive(call: MediaCall, file: GrowingFile): Promise<UploadAuditMediaInfo> {
    if (this.#stopping) throw stopping();
    const timeoutMs = this.settings.GRPC_UPLOAD_TIMEOUT_MS;
    const tooSlow = rpcError('UPLOAD_TOO_SLOW', `the file did not arrive within ${timeoutMs} ms`);
    const timer = setTimeout(() => call.destroy(tooSlow), timeoutMs);
    this.#uploading.add(call);
    try {
      return await collect(call, file);
    } catch (error) {
      throw call.cancelled ? rpcError('CALLER_GONE', 'the caller cancelled the upload') : error;
    } finally {
      clearTimeout(timer);
      this.#uploading.delete(call);
    }
  }
}

function stopping() {
  return rpcError('STOPPING', 'gateway is shutting down; upload the file again');
}

/** Reads the stream into `file`. Rejects an invalid `info` before the content arrives. */
async function collect(
  parts: AsyncIterable<UploadAuditMediaRequest>,
  file: GrowingFile,
): Promise<UploadAuditMediaInfo> {
  let info: UploadAuditMediaInfo | undefined;
  for await (const { part } of parts) {
    if (part?.$case === 'info') {
      if (info !== undefined) throw invalidField('info', 'INFO_REPEATED');
      info = part.value;
      const violations = violationsOf('UploadAuditMedia', { ...info, size: 0, sha256: Buffer.alloc(0) });
      if (violations.length > 0) throw invalidRequest(violations);
    } else if (part?.$case === 'chunk') {
      if (info === undefined) throw invalidField('info', 'INFO_REQUIRED_BEFORE_CHUNK');
      const tooLarge = sizeViolation(info.contentType, file.size + part.value.length);
      if (tooLarge !== undefined) throw invalidRequest([tooLarge]);
      file.append(part.value);
    } else throw invalidField('part', 'PART_REQUIRED');
  }
  if (info === undefined) throw invalidField('info', 'REQUIRED');
  return info;
}

/** A file in one contiguous buffer, so that many small chunks need no more memory than a few large ones. */
class GrowingFile {
  size = 0;
  #bytes = Buffer.alloc(0);

  /** @param reserve is called before memory is allocated; throws if the limit is reached. */
  constructor(private readonly reserve: (bytes: number) => void) {}

  get heldBytes(): number {
    return this.#bytes.length;
  }

  get content(): Buffer {
    return this.#bytes.subarray(0, this.size);
  }

  append(chunk: Buffer): void {
    const needed = this.size + chunk.length;
    if (needed > this.#bytes.length)
      this.#grow(Math.min(Math.max(needed, 2 * this.#bytes.length, INITIAL_BYTES), MAX_MEDIA_BYTES));
    chunk.copy(this.#bytes, this.size);
    this.size = needed;
  }

  #grow(bytes: number): void {
    this.reserve(bytes - this.#bytes.length);
    const grown = Buffer.allocUnsafe(bytes);
    this.content.copy(grown);
    this.#bytes = grown;
  }
}
