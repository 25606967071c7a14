import type { IncomingMessage } from 'node:http';

const MAX_BYTES = 1024 * 1024;
/** Always available to every body, whatever their number. WeChat's callbacks have a few KB. */
const EACH_BYTES = 64 * 1024;
/** Shared by all bodies for what exceeds that. */
const SHARED_BYTES = 32 * 1024 * 1024;
/** Overhead of a chunk: a sender may split a body into chunks of one byte. */
const CHUNK_BYTES = 256;

/** Other bodies occupy the memory; the request can be retried. */
export class BusyError extends Error {
  constructor() {
    super('too many large request bodies are buffered');
    this.name = 'BusyError';
  }
}

const NOTHING = Buffer.alloc(0);

function textOf(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Reads request bodies, with a limit for each one and a limit for all that are in memory. */
export class BodyLimits {
  #sharedBytes = 0;

  /**
   * Passes the body to `work` as UTF-8 text and as it is; undefined if it exceeds 1 MiB, is incomplete or is not UTF-8. Its
   * memory counts until `work` has ended. Rejects with BusyError if too much memory is in use, or with the error of `work`.
   */
  async read<T>(
    request: IncomingMessage,
    work: (text: string | undefined, bytes: Buffer) => Promise<T>,
  ): Promise<T> {
    const held = { sharedBytes: 0 };
    try {
      const bytes = (await this.#bytes(request, held)) ?? NOTHING;
      return await work(bytes === NOTHING ? undefined : textOf(bytes), bytes);
    } finally {
      this.#sharedBytes -= held.sharedBytes;
    }
  }

  async #bytes(request: IncomingMessage, held: { sharedBytes: number }): Promise<Buffer | undefined> {
    if (Number(request.headers['content-length'] ?? 0) > MAX_BYTES) return undefined;
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      // A destroyed request could not be answered.
      for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > MAX_BYTES) return undefined;
        chunks.push(chunk);
        this.#hold(held, bytes + chunks.length * CHUNK_BYTES - EACH_BYTES);
      }
      return Buffer.concat(chunks);
    } catch (error) {
      if (error instanceof BusyError) throw error;
      return undefined;
    }
  }

  #hold(held: { sharedBytes: number }, sharedBytes: number): void {
    const more = Math.max(0, sharedBytes) - held.sharedBytes;
    if (this.#sharedBytes + more > SHARED_BYTES) throw new BusyError();
    held.sharedBytes += more;
    this.#sharedBytes += more;
  }
}
