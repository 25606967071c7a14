import type { IncomingMessage, ServerResponse } from 'node:http';
import { All, Controller, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { type Logger, LogLimit, type Tracing } from '@wxa/service';
import { whatOf } from '@wxa/wxa-client';
import { type GatewaySettings, LOGGER, SETTINGS, TRACING } from '../config.js';
import { type Forwarded, Forwards } from '../forwards/forwards.js';
import {
  callbackRejections,
  callbackSeconds,
  callbacks,
  lastCallbackAt,
  previousCredentials,
} from '../metrics.js';
import { BodyLimits, BusyError } from './body-limits.js';
import { CallbackStore } from './callback-store.js';
import { type CallbackSecrets, type GenuinePush, openPush, type RejectionCause } from './open-callback.js';
import { EventsFullError } from './platform-events.js';

const ANSWERS = {
  success: 200,
  /** The same for every rejection, so that the sender learns nothing. */
  refused: 403,
  'try again': 503,
};

/** WeChat waits for 5 s. What is stored later makes its redelivery a duplicate. */
const ANSWER_MS = 4_500;

/** Receives WeChat's callbacks. Answers `success` only after the callback is stored. */
@Controller('wechat/callback')
export class CallbackController {
  readonly #secrets: CallbackSecrets;
  readonly #bodies = new BodyLimits();
  readonly #rejections = new LogLimit();
  readonly #failures = new LogLimit();

  constructor(
    @Inject(CallbackStore) private readonly store: CallbackStore,
    @Inject(Forwards) private readonly forwards: Forwards | null,
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

  /** Tickets, ignored unless the token source is `component`, and authorizations, unless it is `static`. */
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
    const isLate = () => performance.now() - startedAt >= ANSWER_MS;
    const answerLate = () => {
      if (request.complete) this.#askForRedelivery(response, new Error(`not stored within ${ANSWER_MS} ms`));
    };
    const late = setTimeout(answerLate, ANSWER_MS);
    const handled = this.#bodies.read(request, async (body, bytes) => {
      const post = { appid, query, body, now: Date.now() };
      const opened = openPush(post, this.#secrets, (kind) => previousCredentials.inc({ kind }));
      if (opened.kind === 'rejected') return this.#reject(request, response, opened.cause);
      const event = eventOf(opened);
      const span = this.tracing?.start(`callback ${event}`, { kind: 'server' });
      if (isLate()) answerLate();
      const forwarding = this.#forward({ appid, opened, request, bytes });
      const result = await this.store.keep(opened, appid, span).finally(() => span?.end());
      if (result === 'replayed') return this.#reject(request, response, 'replayed');
      const forwarded = await forwarding;
      if (response.headersSent) return;
      callbacks.inc({ event, result });
      const about = appidOf(opened) ?? appid;
      this.logger.info({ event, result, age_ms: ageOf(query), ...(about && { appid: about }) }, 'callback');
      lastCallbackAt.set({ event }, Date.now() / 1000);
      answerForwarded(response, forwarded, result !== 'ignored');
      callbackSeconds.observe({ event }, (performance.now() - startedAt) / 1000);
    });
    return handled
      .catch((error: unknown) => this.#askForRedelivery(response, error))
      .finally(() => clearTimeout(late));
  }

  /** Each delivery is forwarded, and at the same time as it is stored: the target sees what it would see without this service. */
  #forward({
    appid,
    opened,
    request,
    bytes,
  }: {
    appid: string | undefined;
    opened: GenuinePush;
    request: IncomingMessage;
    bytes: Buffer;
  }): Promise<Forwarded | undefined> {
    if (this.forwards === null) return Promise.resolve(undefined);
    const { name } = whatOf(opened.root);
    const { url = '', headers } = request;
    const search = url.includes('?') ? url.slice(url.indexOf('?')) : '';
    return this.forwards.send({
      ...{ name, search, contentType: headers['content-type'], body: bytes },
      ...{ appid: appid ?? this.store.subjectOf(opened), isOfPlatform: appid === undefined },
    });
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
    if (response.headersSent) return;
    const busy = error instanceof BusyError;
    const result = busy || error instanceof EventsFullError ? 'busy' : 'failed';
    callbacks.inc({ event: 'other', result });
    const limited = this.#failures.take();
    if (limited !== undefined)
      this.logger.info(
        { event: 'other', result, age_ms: undefined, error: String(error), ...limited },
        'callback',
      );
    answer(response, 'try again', busy || !response.req.complete);
  }
}

function given(...secrets: (string | undefined)[]): string[] {
  return secrets.filter((secret) => secret !== undefined);
}

/** The metric's event label. Callbacks without a handler count as `other`, because WeChat's set of events is open. */
function eventOf(opened: GenuinePush): string {
  return opened.kind === 'other' ? 'other' : opened.push.event;
}

/** The mini-program that a callback is about; undefined for tickets and callbacks without a handler. */
function appidOf(opened: GenuinePush): string | undefined {
  if (opened.kind === 'audit' || opened.kind === 'change') return opened.appid;
  return opened.kind === 'component' && 'appid' in opened.push ? opened.push.appid : undefined;
}

/** How old a callback is by its signed timestamp, in milliseconds; undefined if it has none. */
function ageOf({ timestamp }: Record<string, unknown>): number | undefined {
  const seconds = Number(timestamp);
  return Number.isFinite(seconds) ? Date.now() - seconds * 1000 : undefined;
}

/** Answers a callback that is stored, or of which there is nothing to store: then only its target can have it. */
function answerForwarded(
  response: ServerResponse,
  forwarded: Forwarded | undefined,
  isStored: boolean,
): void {
  const { isDelivered = true, reply, onFailure } = forwarded ?? {};
  if (!isDelivered && (onFailure === 'redeliver' || !isStored)) answer(response, 'try again');
  else if (reply === undefined) answer(response, 'success');
  else {
    const type = reply.toString().trimStart().startsWith('{') ? 'application/json' : 'text/xml';
    response
      .writeHead(200, { 'content-type': `${type}; charset=utf-8`, 'content-length': reply.length })
      .end(reply);
  }
}

/** Answers a callback once. Set `close` if the body may be unread: its bytes would be taken for the next request. */
export function answer(response: ServerResponse, text: keyof typeof ANSWERS, close = false): void {
  if (response.headersSent) return;
  if (close) response.setHeader('connection', 'close');
  response
    .writeHead(ANSWERS[text], { 'content-type': 'text/plain; charset=utf-8', 'content-length': text.length })
    .end(text);
}
