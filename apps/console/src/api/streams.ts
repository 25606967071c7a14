import type { Request, Response } from 'express';
import type { Gateway } from '../gateway/gateway.js';
import { Refusal } from '../http/refusal.js';
import type { Session } from '../session/session.js';
import type { EncodedCall } from './encoded.js';
import { Feed } from './feed.js';
import { Tab } from './tab.js';

const SESSION_CHECK_MS = 60_000;
/** So that no user can take all connections of the console, or of the gateway. */
const MAX_OF_USER = 300;

/** The open streams of the gateway: one per watched object, whose messages all browsers that watch it get. */
export class Streams {
  readonly #feeds = new Map<string, Feed>();
  /** With the name of its user. */
  readonly #tabs = new Map<Tab, string>();

  /** @param isLoggedIn whether the session of a request is still valid. */
  constructor(
    private readonly gateway: Pick<Gateway, 'stream'>,
    private readonly isLoggedIn: (request: Request) => Promise<boolean>,
  ) {}

  /** Answers with server-sent events until the browser or the stream ends; with 429 if the user has too many. */
  serve(call: EncodedCall, { name, scope }: Session, request: Request, response: Response): void {
    // Its 'close' would not come again.
    if (response.closed) return;
    if ([...this.#tabs.values()].filter((one) => one === name).length >= MAX_OF_USER)
      throw new Refusal('RESOURCE_EXHAUSTED', '', 'too many live pages');
    const feed = this.#feedOf(call, scope);
    response.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
    const tab = new Tab(response);
    // The page of a user who was removed, or whose role has changed, ends.
    const checks = setInterval(async () => {
      if (!(await this.isLoggedIn(request))) tab.close(false);
    }, SESSION_CHECK_MS);
    this.#tabs.set(tab, name);
    response.on('close', () => {
      clearInterval(checks);
      this.#tabs.delete(tab);
      feed.remove(tab);
    });
    feed.add(tab);
  }

  /** Ends all streams; browsers connect again, to another console or to this one after its restart. */
  close(): void {
    for (const tab of [...this.#tabs.keys()]) tab.close(false);
  }

  /** Users of one scope see the same. */
  #feedOf(call: EncodedCall, scope: string | undefined): Feed {
    const key = [call.method.path, scope, call.request.toString('base64')].join(' ');
    const known = this.#feeds.get(key);
    if (known !== undefined) return known;
    const feed: Feed = new Feed(
      () => this.gateway.stream(call, scope),
      () => this.#feeds.get(key) === feed && this.#feeds.delete(key),
    );
    this.#feeds.set(key, feed);
    return feed;
  }
}
