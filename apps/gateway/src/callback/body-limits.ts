import type { IncomingMessage } from 'node:http';

const MAX_BYTES = 1024 * 1024;
/** WeChat's pushes have a few KB: so much is read of every body, however many there are. */
const EACH_BYTES = 64 * 1024;
/** What goes beyond that, over all bodies at once. */
const SHARED_BYTES = 32 * 1024 * 1024;
/** What a piece of a body costs beside its bytes: a sender may cut it into pieces of one byte. */
const PIECE_BYTES = 256;

/** Too much of other bodies is held: this one may come again. */
export class BusyError extends Error {
  constructor() {
    super('too many large request bodies are buffered');
    this.name = 'BusyError';
  }
}

/** The bodies of requests, with a limit for each and one for all that are held at once. */
export class BodyLimits {
  #sharedBytes = 0;

  /**
   * Has `work` use a body as UTF-8 text, undefined where it is over 1 MiB, cut off or no UTF-8; it is held until
   * `work` has ended. Rejects with BusyError where too much is held, and with what `work` rejects with.
   */
  async read<T>(request: IncomingMessage, work: (text: string | undefined) => Promise<T>): Promise<T> {
    const held = { sharedBytes: 0 };
    try {
      return await work(await this.#text(request, held));
    } finally {
      this.#sharedBytes -= held.sharedBytes;
    }
  }

  async #text(request: IncomingMessage, held: { sharedBytes: number }): Promise<string | undefined> {
    if (Number(request.headers['content-length'] ?? 0) > MAX_BYTES) return undefined;
    const pieces: Buffer[] = [];
    let bytes = 0;
    try {
      // A request that is destroyed could not be answered any more.
      for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        bytes += piece.length;
        if (bytes > MAX_BYTES) return undefined;
        pieces.push(piece);
        this.#hold(held, bytes + pieces.length * PIECE_BYTES - EACH_BYTES);
      }
      return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces));
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
