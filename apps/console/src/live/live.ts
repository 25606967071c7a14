import { HttpException, Inject, Injectable } from '@nestjs/common';
import type { Logger } from '@wxa/service';
import type { Response } from 'express';
import { LOGGER } from '../config.js';
import type { VisitRequest } from '../visit/visit.js';
import { Visits } from '../visit/visits.js';
import { LiveFeed, type LivePage } from './live-feed.js';
import { Tab } from './tab.js';

const SESSION_CHECK_MS = 60_000;
/** So that no user can take all connections of the console, or of the gateway. */
const MAX_OF_USER = 300;

/** The open live pages: one feed per watched object, shared by all pages that show it. */
@Injectable()
export class Live {
  // biome-ignore lint/suspicious/noExplicitAny: feeds of all kinds of views
  readonly #feeds = new Map<string, LiveFeed<any>>();
  /** With the name of its user. */
  readonly #tabs = new Map<Tab, string | undefined>();

  constructor(
    @Inject(Visits) private readonly visits: Visits,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Answers with server-sent events until the browser or the object ends; with 429 if the user has too many.
   * @param key of the object, such as `rollout <id>`; all calls with one key pass the same kind of page.
   */
  serve<View>(key: string, page: () => LivePage<View>, request: VisitRequest, response: Response): void {
    const { language, timeZone, t, session } = request.visit;
    const ofUser = [...this.#tabs.values()].filter((name) => name === session?.name);
    if (ofUser.length >= MAX_OF_USER) throw new HttpException('too many live pages', 429);
    response.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
    const tab = new Tab({ language, timeZone, t, session }, response);
    const feed = this.#feeds.get(key) ?? this.#open(key, page());
    const checks = setInterval(() => void this.#check(request, tab), SESSION_CHECK_MS);
    this.#tabs.set(tab, session?.name);
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

  #open<View>(key: string, page: LivePage<View>): LiveFeed<View> {
    const feed = new LiveFeed(page, {
      idle: () => {
        if (this.#feeds.get(key) === feed) this.#feeds.delete(key);
      },
      failed: (error) =>
        this.logger.error(
          { error: error instanceof Error ? error.stack : String(error) },
          'unexpected error',
        ),
    });
    this.#feeds.set(key, feed);
    return feed;
  }

  /** The page of a user who was removed, or whose role has changed, ends. */
  async #check(request: VisitRequest, tab: Tab): Promise<void> {
    if ((await this.visits.sessionOf(request)) === undefined) tab.close(false);
  }
}
