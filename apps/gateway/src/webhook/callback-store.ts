import { CODES_CHANNEL, type Directory, type TokenStore } from '@wxa/authorizers';
import type { OutboxRelay } from '@wxa/kafka';
import type { Part } from '@wxa/methods';
import type { Span, Tracing } from '@wxa/service';
import type { Store } from '@wxa/store';
import { type ChangePush, type ComponentPush, whatOf } from '@wxa/wxa-client';
import { CallbackNames } from './callback-names.js';
import type { GenuinePush } from './open-callback.js';
import type { PlatformEvents, ToPublish } from './platform-events.js';
import { keepComponentPush, toStoredPush } from './stored-push.js';

/** What is read again after an event. A category also permits interfaces. */
const PARTS_OF: Record<ChangePush['event'], readonly Part[]> = {
  wxa_privacy_apply: ['INTERFACES'],
  wxa_category_audit: ['CATEGORY', 'INTERFACES'],
  wxa_nickname_audit: ['ACCOUNT'],
  notify_apply_icpfiling_result: ['FILING'],
};

export interface CallbackStoreParts {
  store: Store;
  /** Of commands and decisions of audits. */
  relay: OutboxRelay;
  directory: Directory;
  /** Null if the token source is not `component`. */
  tokens: TokenStore | null;
  tracing: Tracing | undefined;
  /** With static tokens nothing follows from tickets and authorizations. */
  hasFixedTokens: boolean;
}

/** Stores genuine callbacks, each with its event and with what follows from it in one transaction. */
export class CallbackStore {
  readonly #names: CallbackNames;

  constructor(
    private readonly parts: CallbackStoreParts,
    private readonly events: PlatformEvents,
  ) {
    this.#names = new CallbackNames(parts.store.callbacks);
  }

  /**
   * It is durable when the promise resolves, to the result for the metric or to `replayed`.
   * @param appid of its URL.
   */
  keep(opened: GenuinePush, appid: string | undefined, span?: Span): Promise<string> {
    this.#names.add(whatOf(opened.root));
    const event = this.events.of(opened, appid);
    if (opened.kind === 'audit') return this.#keepAudit(opened, span);
    if (opened.kind === 'component' && !this.parts.hasFixedTokens)
      return this.#keepComponentPush(opened.push, event);
    // The content of such an event decides nothing: a forged, late or repeated one costs one read of each part a minute.
    if (opened.kind === 'change') return this.#readAgain(opened.appid, PARTS_OF[opened.push.event], event);
    return event === undefined ? Promise.resolve('ignored') : this.events.record(event);
  }

  /** The mini-program that the body of a callback names; the platform if it names none. */
  subjectOf(opened: GenuinePush): string {
    return this.events.subjectOf(opened);
  }

  stop(): Promise<void> {
    return this.#names.write();
  }

  async #keepAudit(
    { appid, push, signature }: Extract<GenuinePush, { kind: 'audit' }>,
    span?: Span,
  ): Promise<string> {
    const { store, relay, tracing } = this.parts;
    const onDecided = (traceparent: string | null) => {
      if (span !== undefined && traceparent !== null) tracing?.link(span, { traceparent });
    };
    const outcome = await store.audits.recordPush({ ...toStoredPush(appid, push), signature, onDecided });
    span?.setAttributes({ 'wxa.appid': appid, 'wxa.callback.result': outcome });
    relay.notify();
    return outcome;
  }

  async #keepComponentPush(push: ComponentPush, event?: ToPublish): Promise<string> {
    const { store, relay, directory, tokens } = this.parts;
    const outcome =
      event === undefined
        ? await keepComponentPush(directory, tokens, push)
        : await this.events.recordIn(event, (write) => keepComponentPush(directory, tokens, push, write));
    relay.notify();
    // Wakes a worker to exchange the code; a worker that misses it finds the code by polling.
    if (tokens !== null && 'authorizationCode' in push) await store.leases.notify(CODES_CHANNEL);
    return outcome;
  }

  async #readAgain(appid: string, parts: readonly Part[], event?: ToPublish): Promise<string> {
    if (event !== undefined) return this.events.record({ ...event, parts });
    for (const part of parts) await this.parts.store.fleet.readPartOf(appid, part);
    return 'stored';
  }
}
