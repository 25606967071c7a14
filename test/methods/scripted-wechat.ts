import type { IncomingMessage, ServerResponse } from 'node:http';
import { serve } from '../serve.js';

/** A received HTTP request. */
export interface Received {
  verb: string;
  path: string;
  /** The encoded pairs of the query string, sorted. */
  query: string[];
  contentType: string | undefined;
  body: string;
}

/** JSON text or a picture. */
export type Answer = string | Buffer;

/**
 * A WeChat without state: each API returns its scripted responses in turn and repeats the last one. An API without
 * a script returns 404.
 */
export class ScriptedWechat {
  readonly #answers = new Map<string, Answer[]>();
  #received: Received[] = [];

  private constructor(
    readonly url: string,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(): Promise<ScriptedWechat> {
    const { url, stop } = await serve((request, response) => void wechat.#serve(request, response));
    const wechat = new ScriptedWechat(url, stop);
    return wechat;
  }

  answer(api: string, ...answers: Answer[]): void {
    this.#answers.set(`/${api}`, answers);
  }

  /** The requests received since the previous call. */
  take(): Received[] {
    const received = this.#received;
    this.#received = [];
    return received;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const [path = '', query = ''] = (request.url ?? '').split('?', 2);
    this.#received.push({
      verb: request.method ?? '',
      path,
      query: query.split('&').sort(),
      contentType: request.headers['content-type'],
      body: Buffer.concat(chunks).toString(),
    });
    const answers = this.#answers.get(path) ?? [];
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer === undefined) response.writeHead(404).end();
    else send(response, answer);
  }
}

/** The headers of a picture are those of section 2 of the source document. */
function send(response: ServerResponse, answer: Answer): void {
  const picture = {
    'content-type': 'image/jpeg',
    'content-disposition': 'attachment; filename="QRCode.jpg"',
  };
  const headers = Buffer.isBuffer(answer)
    ? { connection: 'close', ...picture }
    : { 'content-type': 'application/json; encoding=utf-8' };
  response.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(answer) }).end(answer);
}
