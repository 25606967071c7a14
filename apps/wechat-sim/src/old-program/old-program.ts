import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { decryptMessage, encryptMessage, parseXml, sign, verifySignature } from '@wxa/wxa-client';
import { readBody, splitUrl } from '../http-request.js';
import { OldCalls } from './old-calls.js';
import { type OldPlatform, OldTokens, type TokenOrigin } from './old-tokens.js';

export interface OldProgramConfig extends OldPlatform {
  host: string;
  /** 0: a free port. */
  port: number;
  /** Those of the live version at WeChat, and those of its test version if they differ. */
  secrets: readonly CallbackSecrets[];
}

interface CallbackSecrets {
  callbackToken: string;
  encodingAesKey: string;
}

/** The fields of a callback, and what opened it, with which its reply is encrypted. */
interface Opened {
  fields: Record<string, string>;
  secrets: CallbackSecrets;
}

/** `down`: it closes connections. `slow`: it answers after 10 s. `plain`: its replies are not encrypted. */
export type OldMode = 'up' | 'down' | 'slow' | 'plain';
const MODES: readonly string[] = ['up', 'down', 'slow', 'plain'];
const SLOW_MS = 10_000;
/** What WeChat's check of 全网发布 writes. */
const CHECK = { text: 'TESTCOMPONENT_MSG_TYPE_TEXT', code: 'QUERY_AUTH_CODE:' };

/** A callback that it received; `fields` are empty if it could not verify it. */
export interface OldCallback {
  path: string;
  fields: Record<string, string>;
}

export interface RunningOldProgram {
  /** Callbacks to `/wechat` or below; `/token?appid=`; `/old/` controls it (README.md). */
  url: string;
  close(): Promise<void>;
}

/** The program of a platform as it was before this service: it answers messages at once and holds the tokens. */
export class OldProgram {
  private mode: OldMode = 'up';
  private readonly received: OldCallback[] = [];
  private readonly tokens: OldTokens;
  private readonly calls: OldCalls;

  constructor(private readonly config: OldProgramConfig) {
    this.tokens = new OldTokens(config);
    this.calls = new OldCalls(config.wechatUrl, this.tokens);
  }

  async serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { path, rawQuery } = splitUrl(req.url);
    const body = await readBody(req);
    if (body === undefined) return;
    if (path.startsWith('/old/')) return json(res, await this.control(path, body));
    if (this.mode === 'down') return void res.destroy();
    if (this.mode === 'slow') await sleep(SLOW_MS, undefined, { ref: false });
    const query = new URLSearchParams(rawQuery);
    if (path === '/token')
      return json(res, await this.tokens.of(query.get('appid') ?? '', query.has('refresh')));
    const opened = this.open(query, body);
    this.received.push({ path, fields: opened?.fields ?? {} });
    if (opened === undefined) return void res.writeHead(403).end();
    await this.tokens.receive(opened.fields);
    const { Content = '', FromUserName: user = '' } = opened.fields;
    if (!Content.startsWith(CHECK.code)) return void res.end(this.replyTo(opened));
    res.end();
    await this.tokens.write(
      path.split('/').at(-1) ?? '',
      user,
      `${Content.slice(CHECK.code.length)}_from_api`,
    );
  }

  private async control(path: string, body: string): Promise<object | undefined> {
    if (path === '/old/mode') return { mode: this.change(body) };
    if (path === '/old/callbacks') return { callbacks: this.received };
    if (path === '/old/tokens') {
      const origin = JSON.parse(body) as TokenOrigin;
      await this.tokens.take(origin);
      return { from: origin.from };
    }
    if (path !== '/old/calls') return undefined;
    const { perSecond } = JSON.parse(body || '{}') as { perSecond?: number };
    if (perSecond === 0) this.calls.stop();
    else if (perSecond !== undefined) this.calls.start(perSecond);
    return this.calls.view();
  }

  private change(body: string): OldMode {
    const { mode } = JSON.parse(body || '{}') as { mode?: string };
    if (mode !== undefined && MODES.includes(mode)) this.mode = mode as OldMode;
    return this.mode;
  }

  stop(): void {
    this.calls.stop();
  }

  private open(query: URLSearchParams, body: string): Opened | undefined {
    const encrypt = parseXml(body)?.Encrypt ?? '';
    const [timestamp = '', nonce = '', signature = ''] = ['timestamp', 'nonce', 'msg_signature'].map(
      (name) => query.get(name) ?? '',
    );
    for (const secrets of this.config.secrets) {
      const { callbackToken: token, encodingAesKey } = secrets;
      if (!verifySignature({ token, timestamp, nonce, encrypt, signature })) continue;
      const opened = decryptMessage({ encodingAesKey, encrypt });
      const fields = opened && parseXml(opened.message);
      return fields && { fields, secrets };
    }
    return undefined;
  }

  /** A text is echoed, that of the check as WeChat wants it, everything else acknowledged. */
  private replyTo({ fields, secrets: { callbackToken, encodingAesKey } }: Opened): string {
    const { MsgType, FromUserName, ToUserName, Content = '' } = fields;
    if (MsgType !== 'text') return 'success';
    const now = Math.floor(Date.now() / 1000);
    const text = Content === CHECK.text ? `${Content}_callback` : Content;
    const message = `<xml><ToUserName>${FromUserName}</ToUserName><FromUserName>${ToUserName}</FromUserName>
<CreateTime>${now}</CreateTime><MsgType>text</MsgType><Content><![CDATA[${text}]]></Content></xml>`;
    if (this.mode === 'plain') return message;
    const { componentAppid: receiveId } = this.config;
    const encrypt = encryptMessage({ encodingAesKey, message, receiveId });
    const signature = sign(callbackToken, String(now), 'old', encrypt);
    return `<xml><Encrypt><![CDATA[${encrypt}]]></Encrypt><MsgSignature>${signature}</MsgSignature>
<TimeStamp>${now}</TimeStamp><Nonce>old</Nonce></xml>`;
  }
}

/** Starts it in this process. Rejects if it cannot listen on the address. */
export async function startOldProgram(config: OldProgramConfig): Promise<RunningOldProgram> {
  const program = new OldProgram(config);
  const server = createServer((req, res) => {
    program.serve(req, res).catch((error: unknown) => {
      process.stderr.write(`${req.method} ${splitUrl(req.url).path}: ${String(error)}\n`);
      if (res.headersSent) res.destroy();
      else res.writeHead(500).end(String(error));
    });
  });
  server.listen(config.port, config.host);
  await once(server, 'listening');
  return {
    url: `http://${config.host}:${(server.address() as AddressInfo).port}`,
    async close() {
      program.stop();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function json(res: ServerResponse, value: object | undefined): void {
  res.writeHead(value === undefined ? 404 : 200, { 'content-type': 'application/json' });
  res.end(JSON.stringify(value ?? { error: 'no token' }));
}
