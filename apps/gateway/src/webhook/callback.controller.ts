import type { IncomingMessage, ServerResponse } from 'node:http';
import { All, Controller, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { OutboxRelay } from '@wxa/kafka';
import type { Logger, Span, Tracing } from '@wxa/service';
import { CODES_CHANNEL, Store, TokenStore } from '@wxa/store';
import type { ComponentPush } from '@wxa/wxa-client';
import { type GatewaySettings, LOGGER, SETTINGS, TRACING } from '../config.js';
import { callbackRejections, callbacks, previousCredentials } from '../metrics.js';
import { BodyLimits, BusyError } from './body-limits.js';
import { type CallbackSecrets, type OpenedPush, openPush, type RejectionCause } from './open-callback.js';
import { keepComponentPush, toStoredPush } from './stored-push.js';

const ANSWERS = {
  success: 200,
  /** The same for every rejection, so that the sender learns nothing. */
  refused: 403,
  'try again': 503,
};

/** Receives WeChat's callbacks. Answers `success` only after the callback is stored. */
@Controller('wechat/callback')
export class CallbackController {
  readonly #secrets: CallbackSecrets;
  readonly #bodies = new BodyLimits();

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
  notPosted(@Res() response: ServerResponse): void {
    reject(response, 'method');
  }

  #receive(
    appid: string | undefined,
    query: Record<string, unknown>,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const handled = this.#bodies.read(request, async (body) => {
      const post = { appid, query, body, now: Date.now() };
      const opened = openPush(post, this.#secrets, (kind) => previousCredentials.inc({ kind }));
      if (opened.kind === 'rejected') return reject(response, opened.cause);
      const span = this.tracing?.start(`callback ${eventOf(opened)}`, { kind: 'server' });
      const result = await this.#storePush(opened, span).finally(() => span?.end());
      if (result === 'replayed') return reject(response, 'replayed');
      callbacks.inc({ event: eventOf(opened), result });
      answer(response, 'success');
    });
    return handled.catch((error: unknown) => this.#askForRedelivery(response, error));
  }

  async #storePush(opened: Exclude<OpenedPush, { kind: 'rejected' }>, span?: Span): Promise<string> {
    if (opened.kind === 'other') return 'ignored';
    if (opened.kind === 'component') return this.#storeComponentPush(opened.push);
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

  async #storeComponentPush(push: ComponentPush): Promise<string> {
    if (this.tokens === null) return 'ignored';
    const outcome = await keepComponentPush(this.tokens, push);
    // Wakes a worker to exchange the code; a worker that misses it finds the code by polling.
    if ('authorizationCode' in push) await this.store.leases.notify(CODES_CHANNEL);
    return outcome;
  }

  #askForRedelivery(response: ServerResponse, error: unknown): void {
    const busy = error instanceof BusyError;
    callbacks.inc({ event: 'unknown', result: busy ? 'busy' : 'failed' });
    if (!busy) this.logger.warn({ error: String(error) }, 'failed to store a callback; WeChat redelivers it');
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

function reject(response: ServerResponse, cause: RejectionCause | 'replayed'): void {
  callbackRejections.inc({ reason: cause });
  answer(response, 'refused', cause === 'body' || cause === 'method');
}

/** Answers a callback. Set `close` if the body may be unread: its bytes would be taken for the next request. */
export function answer(response: ServerResponse, text: keyof typeof ANSWERS, close = false): void {
  if (close) response.setHeader('connection', 'close');
  response
    .writeHead(ANSWERS[text], { 'content-type': 'text/plain; charset=utf-8', 'content-length': text.length })
    .end(text);
}
