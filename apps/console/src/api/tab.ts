import type { ServerResponse } from 'node:http';

const HEARTBEAT_MS = 15_000;
const STALLED_MS = 30_000;
/** How long a browser waits before it connects again. */
const RETRY_MS = 2_000;

type Response = Pick<
  ServerResponse,
  'write' | 'end' | 'destroy' | 'writableNeedDrain' | 'writableEnded' | 'on' | 'cork' | 'uncork'
>;

/** The latest messages of a stream by the id of their object; an object that has not changed keeps its buffer. */
export type Rendering = ReadonlyMap<string, Buffer>;

/** A message of a stream of server-sent events. @param text in one line. */
export function messageOf(name: string, text: string): Buffer {
  return Buffer.from(`event: ${name}\ndata: ${text}\n\n`);
}

/** A page that is open in a browser, behind a response of server-sent events: written at the browser's pace. */
export class Tab {
  readonly #sent = new Map<string, Buffer>();
  readonly #heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS);
  #latest: Rendering = new Map();
  #stalled: NodeJS.Timeout | undefined;

  constructor(private readonly response: Response) {
    response.on('close', () => this.#clear());
    response.on('drain', () => this.#send());
    response.write(`retry: ${RETRY_MS}\n\n`);
  }

  /** Sends what it has not sent. */
  show(rendering: Rendering): void {
    this.#latest = rendering;
    if (!this.response.writableNeedDrain && !this.response.writableEnded) this.#send();
  }

  /** @param isFinal nothing more will change, so that the browser does not connect again. */
  close(isFinal: boolean): void {
    if (this.response.writableEnded) return;
    if (isFinal) {
      this.#send();
      this.response.write(messageOf('end', ''));
    }
    this.#clear();
    // The response of a browser that reads nothing does not close.
    this.#stalled = setTimeout(() => this.response.destroy(), STALLED_MS);
    this.response.end();
  }

  #send(): void {
    clearTimeout(this.#stalled);
    const changed = [...this.#latest].filter(([name, message]) => this.#sent.get(name) !== message);
    if (changed.length === 0) return;
    this.response.cork();
    for (const [name, message] of changed) {
      this.#sent.set(name, message);
      this.response.write(message);
    }
    this.response.uncork();
    if (this.response.writableNeedDrain)
      this.#stalled = setTimeout(() => this.response.destroy(), STALLED_MS);
  }

  #beat(): void {
    if (!this.response.writableNeedDrain) this.response.write(':\n\n');
  }

  #clear(): void {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#stalled);
  }
}
