import type { JsonObject } from '@bufbuild/protobuf';
import type { ClientReadableStream } from '@grpc/grpc-js';
import { messageOf, type Rendering, type Tab } from './tab.js';
import { keepStream } from './upstream.js';

const SEND_MS = 1_000;
/** What a stream begins with is sent together. */
const OPENING_MS = 100;
/** Of a stream whose messages are different objects. */
const MAX_OBJECTS = 200;
const CONNECTION = 'connection';

type Viewer = Pick<Tab, 'show' | 'close'>;

/** One stream of the gateway with all browsers that watch it: they get the latest message of each object, at most once a second. */
export class Feed {
  readonly #viewers = new Set<Viewer>();
  /** By the id of an object, the one that changed last at the end. Whether the gateway answers is the first. */
  readonly #latest = new Map<string, Buffer>();
  readonly #endStream: () => void;
  #sending: NodeJS.Timeout | undefined;
  #sentAt = Number.NEGATIVE_INFINITY;

  /** @param idle the last viewer has left, or the stream has ended; the feed is not used any more. */
  constructor(
    open: () => ClientReadableStream<JsonObject>,
    private readonly idle: () => void,
  ) {
    this.#endStream = keepStream(open, {
      opened: () => {
        this.#latest.clear();
        this.#latest.set(CONNECTION, messageOf('live', ''));
        this.#sendSoon(OPENING_MS);
      },
      message: (message) => this.#keep(idOf(message), messageOf('message', JSON.stringify(message))),
      stale: (since) => {
        this.#latest.set(CONNECTION, messageOf('stale', JSON.stringify({ since })));
        this.#sendSoon();
      },
      ended: () => this.#end(),
    });
  }

  add(viewer: Viewer): void {
    this.#viewers.add(viewer);
    if (this.#latest.size > 0) viewer.show(this.#rendering);
  }

  remove(viewer: Viewer): void {
    if (this.#viewers.delete(viewer) && this.#viewers.size === 0) this.#stop();
  }

  get #rendering(): Rendering {
    return new Map(this.#latest);
  }

  #keep(id: string, message: Buffer): void {
    this.#latest.delete(id);
    this.#latest.set(id, message);
    const [, oldest] = this.#latest.keys();
    if (this.#latest.size > MAX_OBJECTS && oldest !== undefined) this.#latest.delete(oldest);
    this.#sendSoon();
  }

  #sendSoon(leastMs = 0): void {
    const waitMs = Math.max(leastMs, this.#sentAt + SEND_MS - performance.now());
    this.#sending ??= setTimeout(() => this.#send(), waitMs);
  }

  #send(): void {
    clearTimeout(this.#sending);
    this.#sending = undefined;
    this.#sentAt = performance.now();
    const rendering = this.#rendering;
    for (const viewer of this.#viewers) viewer.show(rendering);
  }

  #end(): void {
    this.#send();
    this.#stop();
    for (const viewer of this.#viewers) viewer.close(true);
    this.#viewers.clear();
  }

  #stop(): void {
    clearTimeout(this.#sending);
    this.#endStream();
    this.idle();
  }
}

/** An operation is one of many; a watched rollout is the only object of its stream. */
function idOf({ id }: JsonObject): string {
  return typeof id === 'string' ? id : '';
}
