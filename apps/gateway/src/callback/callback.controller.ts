import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { OutboxRelay } from '@wxa/kafka';
import type { Logger } from '@wxa/service';
import { CODES_CHANNEL, Store, TokenStore } from '@wxa/store';
import type { ComponentPush } from '@wxa/wxa-client';
import { type GatewaySettings, LOGGER, SETTINGS } from '../config.js';
import { callbacks } from '../metrics.js';
import { keptPush } from './audit-verdict.js';
import { keepComponentPush } from './keep-component-push.js';
import { type CallbackSecrets, type OpenedPush, openPush } from './open-push.js';
import { readBody } from './read-body.js';

const MAX_BODY_BYTES = 1024 * 1024;

/** Where WeChat pushes to. The answer is `success` only once what was pushed is durable. */
@Controller('wechat/callback')
export class CallbackController {
  readonly #secrets: CallbackSecrets;

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

  async #take(
    appid: string | undefined,
    query: Record<string, unknown>,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const body = await readBody(request, MAX_BODY_BYTES);
    const opened = openPush({ appid, query, body, now: Date.now() }, this.#secrets);
    if (opened.kind === 'refused') {
      callbacks.inc({ outcome: `refused-${opened.cause}` });
      // Unread bytes of a body that is too large would be taken for the next request.
      return answer(response, 403, 'refused', body === undefined);
    }
    try {
      callbacks.inc({ outcome: await this.#keep(opened) });
      answer(response, 200, 'success');
    } catch (error) {
      callbacks.inc({ outcome: 'failed' });
      this.logger.warn({ error: String(error) }, 'a push could not be kept: WeChat repeats it');
      answer(response, 503, 'try again');
    }
  }

  async #keep(opened: Exclude<OpenedPush, { kind: 'refused' }>): Promise<string> {
    if (opened.kind === 'other') return 'ignored';
    if (opened.kind === 'component') return this.#keepOfComponent(opened.push);
    const outcome = await this.store.recordPush(keptPush(opened.appid, opened.push));
    this.relay.kick();
    return outcome;
  }

  async #keepOfComponent(push: ComponentPush): Promise<string> {
    if (this.tokens === null) return 'ignored';
    const outcome = await keepComponentPush(this.tokens, push);
    // A worker exchanges the code at once; one that does not hear it looks soon.
    if ('authorizationCode' in push) await this.store.notify(CODES_CHANNEL);
    return `${push.event}-${outcome}`;
  }
}

function answer(response: ServerResponse, code: number, text: string, close = false): void {
  if (close) response.setHeader('connection', 'close');
  response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
}
