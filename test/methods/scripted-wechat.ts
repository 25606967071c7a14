import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

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

  private constructor(private readonly server: Server) {}

  static async start(): Promise<ScriptedWechat> {
    const server = createServer();
    const wechat = new ScriptedWechat(server);
    server.on('request', (request, response) => void wechat.#serve(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return wechat;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
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

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
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
  const isPicture = Buffer.isBuffer(answer);
  const headers = isPicture
    ? {
        connection: 'close',
        'content-type': 'image/jpeg',
        'content-disposition': 'attachment; filename="QRCode.jpg"',
      }
    : { 'content-type': 'application/json; encoding=utf-8' };
  response.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(answer) }).end(answer);
}
