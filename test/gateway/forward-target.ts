import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ForwardedRequest {
  method: string;
  url: string;
  contentType: string | undefined;
  /** One character for each byte. */
  body: string;
}

/** A program that gets callbacks; it answers as the test says. */
export class ForwardTarget {
  readonly received: ForwardedRequest[] = [];
  /** Undefined: it never answers. */
  answer: ((response: ServerResponse, request: IncomingMessage) => void) | undefined = succeed;
  readonly #server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const chunks = await request.toArray().catch(() => undefined);
    // Its sender ended before all of it was here.
    if (chunks === undefined) return;
    const body = Buffer.concat(chunks).toString('latin1');
    this.received.push({ method, url, contentType: headers['content-type'], body });
    this.answer?.(response, request);
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  reset(): void {
    this.received.length = 0;
    this.answer = succeed;
  }

  /** Cuts all connections, also those that it has not answered. */
  cut(): void {
    this.#server.closeAllConnections();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }
}

function succeed(response: ServerResponse): void {
  response.end('success');
}
