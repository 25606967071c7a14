import type { IncomingMessage, ServerResponse } from 'node:http';
import { All, Controller, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { OutboxRelay } from '@wxa/kafka';
import type { Logger } from '@wxa/service';
import { CODES_CHANNEL, Store, TokenStore } from '@wxa/store';
import type { ComponentPush } from '@wxa/wxa-client';
import { type GatewaySettings, LOGGER, SETTINGS } from '../config.js';
import { callbackRejections, callbacks } from '../metrics.js';
import { answer } from './answer.js';
import { BodyLimits, BusyError } from './body-limits.js';
import { keepComponentPush } from './keep-component-push.js';
import { type CallbackSecrets, type OpenedPush, openPush, type RefusalCause } from './open-push.js';
import { toStoredPush } from './stored-push.js';

/** Where WeChat pushes to. The answer is `success` only once what was pushed is durable. */
@Controller('wechat/callback')
export class CallbackController {
  readonly #secrets: CallbackSecrets;
  readonly #bodies = new BodyLimits();

  constructor(
    @Inject(Store) private readonly store: Store,
    @Inject(OutboxRelay) private readonly relay: OutboxRelay,
    @Inject(TokenStore) private readonly tokens: TokenStore | null,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(SETTINGS) settings: GatewaySettings,
  ) {
    this.#secrets = {
      plain: settings.WECHAT_CALLBACK_MODE === 'plain',
      token: settings.WECHAT_CALLBACK_TOKEN,
      encodingAesKeys: [settings.WECHAT_ENCODING_AES_KEY, settings.WECHAT_ENCODING_AES_KEY_PREVIOUS].filter(
        (key) => key !== undefined,
      ),
      componentAppid: settings.WECHAT_COMPONENT_APPID,
    };
  }

  /** Tickets and authorizations: kept where the tokens are this service's own task. */
  @Post()
  authorization(
    @Req() request: IncomingMessage,
    @Res() response: ServerResponse,
    @Query() query: Record<string, unknown>,
  ): Promise<void> {
    return this.#take(undefined, query, request, response);
  }

  /** Messages and events of one mini-program: the end of an audit among them. */
  @Post(':appid')
  event(
    @Req() request: IncomingMessage,
    @Res() response: ServerResponse,
    @Query() query: Record<string, unknown>,
    @Param('appid') appid: string,
  ): Promise<void> {
    return this.#take(appid, query, request, response);
  }

  /** Whatever is not posted is refused like all else. */
  @All(['', ':appid'])
  notPosted(@Res() response: ServerResponse): void {
    refuse(response, 'method');
  }

  #take(
    appid: string | undefined,
    query: Record<string, unknown>,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const taken = this.#bodies.read(request, async (body) => {
      const opened = openPush({ appid, query, body, now: Date.now() }, this.#secrets);
      if (opened.kind === 'refused') return refuse(response, opened.cause);
      const result = await this.#keep(opened);
      if (result === 'replayed') return refuse(response, 'replayed');
      callbacks.inc({ event: eventOf(opened), result });
      answer(response, 'success');
    });
    return taken.catch((error: unknown) => this.#askForRedelivery(response, error));
  }

  async #keep(opened: Exclude<OpenedPush, { kind: 'refused' }>): Promise<string> {
    if (opened.kind === 'other') return 'ignored';
    if (opened.kind === 'component') return this.#keepOfComponent(opened.push);
    const { appid, push, signature } = opened;
    const outcome = await this.store.recordPush({ ...toStoredPush(appid, push), signature });
    this.relay.notify();
    return outcome;
  }

  async #keepOfComponent(push: ComponentPush): Promise<string> {
    if (this.tokens === null) return 'ignored';
    const outcome = await keepComponentPush(this.tokens, push);
    // A worker exchanges the code at once; one that does not hear it looks soon.
    if ('authorizationCode' in push) await this.store.notify(CODES_CHANNEL);
    return outcome;
  }

  #askForRedelivery(response: ServerResponse, error: unknown): void {
    const busy = error instanceof BusyError;
    callbacks.inc({ event: 'unknown', result: busy ? 'busy' : 'failed' });
    if (!busy) this.logger.warn({ error: String(error) }, 'failed to store a callback; WeChat redelivers it');
    answer(response, 'try again', busy);
  }
}

/** A callback that has no handler here counts as `other`: WeChat's set of events is open. */
function eventOf(opened: Exclude<OpenedPush, { kind: 'refused' }>): string {
  return opened.kind === 'other' ? 'other' : opened.push.event;
}

function refuse(response: ServerResponse, cause: RefusalCause | 'replayed'): void {
  callbackRejections.inc({ reason: cause });
  answer(response, 'refused', cause === 'body' || cause === 'method');
}
