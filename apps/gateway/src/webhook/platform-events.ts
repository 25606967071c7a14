import { hash } from 'node:crypto';
import { type MappedCallback, platformEvent } from '@wxa/contracts';
import type { OutboxRelay } from '@wxa/kafka';
import { TICKET } from '@wxa/policy';
import type { EventOutcome, ReceivedCallback, Store } from '@wxa/store';
import { appidIn, type CallbackEvent, flatFields, toCallbackEvent } from '@wxa/wxa-client';
import type { GatewaySettings } from '../config.js';
import { platformEvents } from '../metrics.js';
import type { GenuinePush } from './open-callback.js';

/** How old a count of the waiting events may be. */
const COUNT_MS = 1_000;

/** So many events wait for Kafka that no message and no event is accepted; WeChat delivers it again. */
export class EventsFullError extends Error {
  constructor() {
    super('PLATFORM_EVENTS_MAX_WAITING events wait for Kafka');
    this.name = 'EventsFullError';
  }
}

type RecordIn = Parameters<Store['callbacks']['recordIn']>[0];
/** A callback that is to be published. */
export type ToPublish = ReceivedCallback & { kind: CallbackEvent['kind'] };

/** Publishes the callbacks that are on no other topic. */
export class PlatformEvents {
  readonly #isOff: boolean;
  readonly #maxWaiting: number;
  readonly #withoutContent: ReadonlySet<string>;
  readonly #componentAppid: string | undefined;
  #waiting = 0;
  #countedAt = Number.NEGATIVE_INFINITY;
  #counting: Promise<void> | undefined;

  constructor(
    private readonly callbacks: Pick<Store['callbacks'], 'record' | 'recordIn' | 'countWaiting'>,
    private readonly relay: Pick<OutboxRelay, 'notify'>,
    settings: GatewaySettings,
  ) {
    this.#isOff = settings.PLATFORM_EVENTS === 'off';
    this.#maxWaiting = settings.PLATFORM_EVENTS_MAX_WAITING;
    this.#withoutContent = new Set(settings.PLATFORM_EVENTS_WITHOUT_CONTENT);
    this.#componentAppid = settings.WECHAT_COMPONENT_APPID;
  }

  /**
   * What is published of a callback; undefined for tickets and decisions of audits.
   * @param appid of its URL.
   */
  of(opened: GenuinePush, appid: string | undefined, receivedAt = new Date()): ToPublish | undefined {
    if (this.#isOff || opened.kind === 'audit') return undefined;
    const event = toCallbackEvent(opened.root, (name) => this.#withoutContent.has(name));
    if (event.name === TICKET) return undefined;
    const { appid: named, ...mapped } = event;
    const subject = (event.kind === 'AUTHORIZATION' && named) || appid || this.subjectOf(opened);
    const key = keyOf(subject, mapped, opened.text);
    return {
      ...{ key, appid: subject, signature: opened.signature, kind: event.kind },
      event: platformEvent(subject, mapped, { key, receivedAt }),
    };
  }

  /** The mini-program that the body of a callback names; the platform if it names none. */
  subjectOf({ root }: GenuinePush): string {
    return appidIn(root) ?? this.#componentAppid ?? flatFields(root).AppId ?? '';
  }

  /** Stores an event; it is durable when the promise resolves. Rejects with EventsFullError, or with the error of Postgres. */
  async record(callback: ToPublish): Promise<EventOutcome> {
    if (callback.kind !== 'AUTHORIZATION' && (await this.#isFull())) {
      count(callback, 'full');
      throw new EventsFullError();
    }
    return this.#published(callback, () => this.callbacks.record(callback));
  }

  /** Stores an event in the transaction of `run`, which gets what writes it there. */
  async recordIn<T>(
    callback: ToPublish,
    run: (write: (client: RecordIn) => Promise<void>) => Promise<T>,
  ): Promise<T> {
    let outcome: EventOutcome = 'duplicate';
    let result: T | undefined;
    await this.#published(callback, async () => {
      result = await run(async (client) => {
        [outcome = outcome] = await this.callbacks.recordIn(client, [callback]);
      });
      return outcome;
    });
    return result as T;
  }

  async #published(callback: ToPublish, run: () => Promise<EventOutcome>): Promise<EventOutcome> {
    try {
      const outcome = await run();
      if (outcome === 'stored') {
        this.#waiting += 1;
        this.relay.notify();
      }
      if (outcome !== 'replayed') count(callback, outcome === 'stored' ? 'published' : 'duplicate');
      return outcome;
    } catch (error) {
      count(callback, 'failed');
      throw error;
    }
  }

  /** Counts at most once a second, and only while callbacks arrive; the events of this process are added in between. */
  async #isFull(): Promise<boolean> {
    if (performance.now() - this.#countedAt >= COUNT_MS) {
      this.#counting ??= this.#count().finally(() => {
        this.#counting = undefined;
      });
      if (this.#countedAt === Number.NEGATIVE_INFINITY) await this.#counting;
    }
    return this.#waiting >= this.#maxWaiting;
  }

  /** While Postgres cannot count, it stores nothing either. */
  async #count(): Promise<void> {
    this.#waiting = await this.callbacks.countWaiting(this.#maxWaiting).catch(() => this.#waiting);
    this.#countedAt = performance.now();
  }
}

/** WeChat gives messages an id. Two system events of one second can differ in anything. */
function keyOf(appid: string, { kind, messageId }: MappedCallback, text: string): string {
  const identity =
    kind === 'MESSAGE' && messageId !== '' ? ['message', appid, messageId] : ['text', appid, sha256(text)];
  return sha256(JSON.stringify(identity));
}

const sha256 = (text: string): string => hash('sha256', text, 'base64url');

function count({ kind }: ToPublish, result: string): void {
  platformEvents.inc({ kind: kind.toLowerCase(), result });
}
