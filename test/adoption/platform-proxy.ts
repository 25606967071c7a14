import type { IncomingMessage, ServerResponse } from 'node:http';
import { serve } from '../serve.js';

interface Sent {
  /** From `/wechat` on, with the query. */
  url: string;
  contentType: string;
  body: Buffer;
}

/** The proxy before the registered URLs of a platform, as in docs/adoption.md. */
export class PlatformProxy {
  /** Where callbacks go. */
  to: 'old program' | 'gateways' = 'old program';
  /** Whether the gateways get a copy of what the old program gets. */
  isCopying = false;
  gateways: string[] = [];
  oldProgram = '';
  #turn = 0;

  private constructor() {}

  static async start(): Promise<{ proxy: PlatformProxy; url: string; stop(): Promise<void> }> {
    const proxy = new PlatformProxy();
    const { url, stop } = await serve((request, response) => void proxy.#pass(request, response));
    return { proxy, url, stop };
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { url = '', headers } = request;
    const sent = { url, contentType: headers['content-type'] ?? '', body: Buffer.concat(chunks) };
    try {
      const answer = await (this.to === 'gateways' ? this.#toGateways(sent) : this.#toOldProgram(sent));
      response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()));
    } catch {
      response.writeHead(502).end();
    }
  }

  #toOldProgram(sent: Sent): Promise<Response> {
    // Nobody waits for the result of a copy.
    if (this.isCopying) void this.#toGateways(sent).catch(() => undefined);
    return post(`${this.oldProgram}${sent.url}`, sent);
  }

  /** The gateways in turn; the next one if there is no answer. */
  async #toGateways(sent: Sent): Promise<Response> {
    const url = sent.url.replace(/^\/wechat\/(events)?/, (_, events) =>
      events ? '/wechat/callback' : '/wechat/callback/',
    );
    this.#turn += 1;
    const inTurn = this.gateways.map((_, i) => this.gateways[(this.#turn + i) % this.gateways.length]);
    for (const gateway of inTurn) {
      const answer = await post(`${gateway}${url}`, sent).catch(() => undefined);
      if (answer !== undefined) return answer;
    }
    throw new Error('no gateway answers');
  }
}

function post(url: string, { contentType, body }: Sent): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { 'content-type': contentType }, body });
}
