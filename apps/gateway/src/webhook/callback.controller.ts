import type { IncomingMessage, ServerResponse } from 'node:http';
import { All, Controller, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { CODES_CHANNEL, TokenStore } from '@wxa/authorizers';
import { OutboxRelay } from '@wxa/kafka';
import type { Part } from '@wxa/methods';
import { type Logger, LogLimit, type Span, type Tracing } from '@wxa/service';
import { Store } from '@wxa/store';
import type { ChangePush, ComponentPush } from '@wxa/wxa-client';
import { type GatewaySettings, LOGGER, SETTINGS, TRACING } from '../config.js';
import {
  callbackRejections,
  callbackSeconds,
  callbacks,
  lastCallbackAt,
  previousCredentials,
} from '../metrics.js';
import { BodyLimits, BusyError } from './body-limits.js';
import { type CallbackSecrets, type OpenedPush, openPush, type RejectionCause } from './open-callback.js';
import { keepComponentPush, toStoredPush } from './stored-push.js';

const ANSWERS = {
  success: 200,
  /** The same for every rejection, so that the sender learns nothing. */
  refused: 403,
  'try again': 503,
};

/** What is read again after an event. */
const PART_OF: Record<ChangePush['event'], Part> = {
  wxa_privacy_apply: 'INTERFACES',
  wxa_category_audit: 'CATEGORY',
  wxa_nickname_audit: 'ACCOUNT',
  notify_apply_icpfiling_result: 'FILING',
};

/** Receives WeChat's callbacks. Answers `success` only after the callback is stored. */
@Controller('wechat/callback')
export class CallbackController {
  readonly #secrets: CallbackSecrets;
  readonly #bodies = new BodyLimits();
  readonly #rejections = new LogLimit();
  readonly #failures = new LogLimit();

  constructor(
    @Inject(Store) private readonly store: Store,
    @Inject(OutboxRelay) private readonly relay: OutboxRelay,
    @Inject(TokenStore) private readonly tokens: TokenStore | null,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(TRACING) private readonly tracing: Tracing | null,
    @Inject(SETTINGS) settings: GatewaySettings,
  ) {
    this.#secrets = {
      plain: settings.WECHAT_CALLBACK_MODE === 'plain',
      tokens: given(settings.WECHAT_CALLBACK_TOKEN, settings.WECHAT_CALLBACK_TOKEN_PREVIOUS),
      encodingAesKeys: given(settings.WECHAT_ENCODING_AES_KEY, settings.WECHAT_ENCODING_AES_KEY_PREVIOUS),
      componentAppid: settings.WECHAT_COMPONENT_APPID,
    };
  }

  /** Tickets and authorizations; ignored unless the token source is `component`. */
  @Post()
  authorization(
    @Req() request: IncomingMessage,
    @Res() response: ServerResponse,
    @Query() query: Record<string, unknown>,
  ): Promise<void> {
    return this.#receive(undefined, query, request, response);
  }

  /** Messages and events of one mini-program, for example the end of an audit. */
  @Post(':appid')
  event(
    @Req() request: IncomingMessage,
    @Res() response: ServerResponse,
    @Query() query: Record<string, unknown>,
    @Param('appid') appid: string,
  ): Promise<void> {
    return this.#receive(appid, query, request, response);
  }

  /** Rejects other HTTP methods like any other invalid request. */
  @All(['', ':appid'])
  notPosted(@Req() request: IncomingMessage, @Res() response: ServerResponse): void {
    this.#reject(request, response, 'method');
  }

  #receive(
    appid: string | undefined,
    query: Record<string, unknown>,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const startedAt = performance.now();
    const handled = this.#bodies.read(request, async (body) => {
      const post = { appid, query, body, now: Date.now() };
      const opened = openPush(post, this.#secrets, (kind) => previousCredentials.inc({ kind }));
      if (opened.kind === 'rejected') return this.#reject(request, response, opened.cause);
      const event = eventOf(opened);
      const span = this.tracing?.start(`callback ${event}`, { kind: 'server' });
      const result = await this.#storePush(opened, span).finally(() => span?.end());
      if (result === 'replayed') return this.#reject(request, response, 'replayed');
      callbacks.inc({ event, result });
      const about = appidOf(opened);
      this.logger.info({ event, result, age_ms: ageOf(query), ...(about && { appid: about }) }, 'callback');
      lastCallbackAt.set({ event }, Date.now() / 1000);
      answer(response, 'success');
      callbackSeconds.observe({ event }, (performance.now() - startedAt) / 1000);
    });
    return handled.catch((error: unknown) => this.#askForRedelivery(response, error));
  }

  async #storePush(opened: Exclude<OpenedPush, { kind: 'rejected' }>, span?: Span): Promise<string> {
    if (opened.kind === 'other') return 'ignored';
    if (opened.kind === 'component') return this.#storeComponentPush(opened.push);
    if (opened.kind === 'change') return this.#readAgain(opened.appid, PART_OF[opened.push.event]);
    const { appid, push, signature } = opened;
    const onDecided = (traceparent: string | null) => {
      if (span !== undefined && traceparent !== null) this.tracing?.link(span, { traceparent });
    };
    const outcome = await this.store.audits.recordPush({
      ...toStoredPush(appid, push),
      signature,
      onDecided,
    });
    span?.setAttributes({ 'wxa.appid': appid, 'wxa.callback.result': outcome });
    this.relay.notify();
    return outcome;
  }

  /** The content of such an event decides nothing: a forged, late or repeated one costs one read a minute. */
  async #readAgain(appid: string, part: Part): Promise<string> {
    if (this.tokens === null) return 'ignored';
    await this.store.fleet.readPartOf(appid, part);
    return 'stored';
  }

  async #storeComponentPush(push: ComponentPush): Promise<string> {
    if (this.tokens === null) return 'ignored';
    const outcome = await keepComponentPush(this.tokens, push);
    this.relay.notify();
    // Wakes a worker to exchange the code; a worker that misses it finds the code by polling.
    if ('authorizationCode' in push) await this.store.leases.notify(CODES_CHANNEL);
    return outcome;
  }

  #reject(
    { socket: { remoteAddress: remote } }: IncomingMessage,
    response: ServerResponse,
    reason: RejectionCause | 'replayed',
  ): void {
    callbackRejections.inc({ reason });
    const limited = this.#rejections.take();
    if (limited !== undefined) this.logger.warn({ reason, remote, ...limited }, 'callback rejected');
    answer(response, 'refused', reason === 'body' || reason === 'method');
  }

  #askForRedelivery(response: ServerResponse, error: unknown): void {
    const busy = error instanceof BusyError;
    const result = busy ? 'busy' : 'failed';
    callbacks.inc({ event: 'other', result });
    const limited = this.#failures.take();
    if (limited !== undefined)
      this.logger.info(
        { event: 'other', result, age_ms: undefined, error: String(error), ...limited },
        'callback',
      );
    answer(response, 'try again', busy);
  }
}

function given(...secrets: (string | undefined)[]): string[] {
  return secrets.filter((secret) => secret !== undefined);
}

/** The metric's event label. Callbacks without a handler count as `other`, because WeChat's set of events is open. */
function eventOf(opened: Exclude<OpenedPush, { kind: 'rejected' }>): string {
  return opened.kind === 'other' ? 'other' : opened.push.event;
}

/** The mini-program that a callback is about; undefined for tickets and callbacks without a handler. */
function appidOf(opened: Exclude<OpenedPush, { kind: 'rejected' }>): string | undefined {
  if (opened.kind === 'audit' || opened.kind === 'change') return opened.appid;
  return opened.kind === 'component' && 'appid' in opened.push ? opened.push.appid : undefined;
}

/** How old a callback is by its signed timestamp, in milliseconds; undefined if it has none. */
function ageOf({ timestamp }: Record<string, unknown>): number | undefined {
  const seconds = Number(timestamp);
  return Number.isFinite(seconds) ? Date.now() - seconds * 1000 : undefined;
}

/** Answers a callback. Set `close` if the body may be unread: its bytes would be taken for the next request. */
export function answer(response: ServerResponse, text: keyof typeof ANSWERS, close = false): void {
  if (close) response.setHeader('connection', 'close');
  response
    .writeHead(ANSWERS[text], { 'content-type': 'text/plain; charset=utf-8', 'content-length': text.length })
    .end(text);
}
