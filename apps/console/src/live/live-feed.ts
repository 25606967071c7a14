import type { Look } from '../visit/visit.js';
import { Throttle } from './throttle.js';

const RENDER_MS = 1_000;

/** Where the versions of a watched object come from. Starts them; returns what ends them. */
export type LiveSource<View> = (on: {
  view(view: View): void;
  /** The time since when the versions are missing; undefined: they come again. */
  stale(since: Date | undefined): void;
  /** Nothing more will change. */
  ended(): void;
}) => () => void;

/** How a watched object is shown: the HTML of each fragment by its name. */
export interface LivePage<View> {
  watch: LiveSource<View>;
  render(view: View, look: Look): Readonly<Record<string, string>>;
  /** The banner of a stale page; empty: it is not stale. */
  renderStale(since: Date | undefined, look: Look): string;
}

/** The messages of all fragments for one look; a fragment that has not changed keeps its buffer. */
export type Rendering = ReadonlyMap<string, Buffer>;

/** One open page. */
export interface Viewer {
  readonly look: Look;
  /** Sends what it has not sent. */
  show(rendering: Rendering): void;
  /** @param isFinal nothing more will change, so that it does not reconnect. */
  close(isFinal: boolean): void;
}

/** One watched object with all its open pages: renders at most once a second and once for each distinct look. */
export class LiveFeed<View> {
  readonly #viewers = new Set<Viewer>();
  readonly #renderings = new Map<string, Rendering>();
  readonly #renders = new Throttle(RENDER_MS, () => this.#tryToRender());
  readonly #endSource: () => void;
  #view: View | undefined;
  #staleSince: Date | undefined;

  constructor(
    private readonly page: LivePage<View>,
    private readonly on: {
      /** The last page has left, or all were closed; the feed is not used any more. */
      idle(): void;
      /** A rendering failed; all pages were closed. */
      failed(error: unknown): void;
    },
  ) {
    this.#endSource = page.watch({
      view: (view) => {
        this.#view = view;
        this.#renders.request();
      },
      stale: (since) => {
        this.#staleSince = since;
        this.#renders.request();
      },
      ended: () => this.#end(),
    });
  }

  add(viewer: Viewer): void {
    this.#viewers.add(viewer);
    const known = this.#renderings.get(keyOf(viewer.look));
    if (known !== undefined) viewer.show(known);
    else if (this.#view !== undefined || this.#staleSince !== undefined)
      viewer.show(this.#renderFor(viewer.look));
  }

  remove(viewer: Viewer): void {
    if (!this.#viewers.delete(viewer) || this.#viewers.size > 0) return;
    this.#stop();
  }

  #end(): void {
    this.#tryToRender();
    this.#close(true);
  }

  #close(isFinal: boolean): void {
    this.#stop();
    const viewers = [...this.#viewers];
    this.#viewers.clear();
    for (const viewer of viewers) viewer.close(isFinal);
  }

  #tryToRender(): void {
    try {
      this.#render();
    } catch (error) {
      this.on.failed(error);
      this.#close(false);
    }
  }

  #stop(): void {
    this.#renders.stop();
    this.#endSource();
    this.on.idle();
  }

  #render(): void {
    const looks = new Map([...this.#viewers].map(({ look }) => [keyOf(look), look]));
    for (const key of this.#renderings.keys()) if (!looks.has(key)) this.#renderings.delete(key);
    for (const look of looks.values()) this.#renderFor(look);
    for (const viewer of this.#viewers) {
      const rendering = this.#renderings.get(keyOf(viewer.look));
      if (rendering !== undefined) viewer.show(rendering);
    }
  }

  #renderFor(look: Look): Rendering {
    const key = keyOf(look);
    const before = this.#renderings.get(key);
    const fragments = {
      stale: this.page.renderStale(this.#staleSince, look),
      ...(this.#view !== undefined && this.page.render(this.#view, look)),
    };
    const messages = Object.entries(fragments).map(([name, html]): [string, Buffer] => {
      const message = messageOf(name, html);
      const same = before?.get(name);
      return [name, same?.equals(message) ? same : message];
    });
    const rendering = new Map(messages);
    this.#renderings.set(key, rendering);
    return rendering;
  }
}

/** A message of a stream of server-sent events. */
export function messageOf(name: string, html: string): Buffer {
  return Buffer.from(`event: ${name}\ndata: ${html.replace(/\r\n|\r|\n/g, '\ndata: ')}\n\n`);
}

function keyOf({ language, timeZone, session }: Look): string {
  return [language, timeZone, session?.role].join(' ');
}
