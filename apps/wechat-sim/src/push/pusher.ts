import { randomInt } from 'node:crypto';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { encryptMessage, sign } from '@wxa/wxa-client';
import type { SimConfig } from '../config.js';
import type { Ledger } from '../ledger.js';
import { cdata } from './push-xml.js';

/** WeChat pushes again until it hears `success`, three times in all. */
const TRIES = 3;
const MAX_SOCKETS = 64;
const MAX_ANSWER_BYTES = 64 * 1024;

export interface Push {
  appid: string;
  event: string;
  xml: string;
  mode?: SimConfig['callbackMode'] | undefined;
}

/** What the callback gave: status null and the reason where it gave nothing. */
export interface PushAnswer {
  status: number | null;
  body: string;
}

/** Sends pushes to the callback URL, encrypted or plain. Without a URL nothing is sent. */
export class Pusher {
  private readonly agents = {
    http: new HttpAgent({ keepAlive: true, maxSockets: MAX_SOCKETS }),
    https: new HttpsAgent({ keepAlive: true, maxSockets: MAX_SOCKETS }),
  };
  private stopping = new AbortController();

  constructor(
    private readonly config: SimConfig,
    private readonly ledger: Ledger,
  ) {}

  get isOn(): boolean {
    return this.config.callbackUrl !== null;
  }

  /** Pushes until it is answered `success`, three times at most. */
  async deliver(push: Push): Promise<void> {
    const { signal } = this.stopping;
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      const { status, body } = await this.send(push, attempt);
      if (signal.aborted || (status === 200 && body === 'success')) return;
      if (attempt < TRIES) await this.pause(this.config.pushRetryMs);
    }
  }

  /** One try. Never throws: what went wrong is in the answer. */
  async send(push: Push, attempt = 1): Promise<PushAnswer> {
    const mode = push.mode ?? this.config.callbackMode;
    const { appid, event, xml } = push;
    const entry = this.ledger.beginPush({ appid, event, mode, attempt, body: xml });
    const answer = await this.post(appid, mode === 'plain' ? { query: '', body: xml } : this.seal(xml));
    this.ledger.endPush(entry, answer);
    return answer;
  }

  /** Waits, unless everything is stopped or reset meanwhile. */
  async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }

  /** The envelope and signed query of WeChat's secure mode. */
  private seal(xml: string): { query: string; body: string } {
    const { encodingAesKey, componentAppid, callbackToken } = this.config;
    const encrypted = encryptMessage({ encodingAesKey, message: xml, receiveId: componentAppid });
    const timestamp = String(Math.floor(Date.now() / 1000));
    const nonce = String(randomInt(2 ** 31));
    const query = new URLSearchParams({
      signature: sign(callbackToken, timestamp, nonce, ''),
      timestamp,
      nonce,
      encrypt_type: 'aes',
      msg_signature: sign(callbackToken, timestamp, nonce, encrypted),
    });
    const body = `<xml>\n    <ToUserName>${cdata(componentAppid)}</ToUserName>\n    <Encrypt>${cdata(encrypted)}</Encrypt>\n</xml>`;
    return { query: `${query}`, body };
  }

  private post(appid: string, { query, body }: { query: string; body: string }): Promise<PushAnswer> {
    const url = new URL((this.config.callbackUrl ?? '').replaceAll('$APPID$', appid));
    url.search = [url.search.slice(1), query].filter(Boolean).join('&');
    const isHttps = url.protocol === 'https:';
    const options = {
      method: 'POST',
      agent: isHttps ? this.agents.https : this.agents.http,
      headers: { 'content-type': 'text/xml', 'content-length': Buffer.byteLength(body) },
      signal: AbortSignal.any([this.stopping.signal, AbortSignal.timeout(this.config.pushTimeoutMs)]),
    };
    return new Promise((resolve) => {
      const failed = (error: Error) => resolve({ status: null, body: error.message });
      const request = (isHttps ? httpsRequest : httpRequest)(url, options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('error', failed);
        response.on('data', (chunk: string) => {
          if (text.length < MAX_ANSWER_BYTES) text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? null, body: text }));
      });
      request.on('error', failed).end(body);
    });
  }

  /** Gives up every push under way. */
  stop(): void {
    this.stopping.abort();
    this.stopping = new AbortController();
  }

  close(): void {
    this.stop();
    this.agents.http.destroy();
    this.agents.https.destroy();
  }
}
