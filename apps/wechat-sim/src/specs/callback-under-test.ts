import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RecordedPush {
  url: URL;
  body: string;
}

/** A callback server that keeps what it receives and responds from a list, then with `success`. */
export class CallbackUnderTest {
  readonly received: RecordedPush[] = [];
  /** `lost`: closes the connection; undefined: never responds. */
  answers: ({ status: number; body: string } | 'lost' | undefined)[] = [];
  private waiting: (() => void)[] = [];
  private readonly server: Server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk);
    this.received.push({
      url: new URL(req.url ?? '', 'http://callback'),
      body: Buffer.concat(chunks).toString(),
    });
    const answer = this.answers.length > 0 ? this.answers.shift() : { status: 200, body: 'success' };
    if (answer === 'lost') req.socket.destroy();
    else if (answer) res.writeHead(answer.status).end(answer.body);
    for (const wake of this.waiting.splice(0)) wake();
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const address = this.server.address() as AddressInfo;
    return `http://127.0.0.1:${address.port}/wechat/callback/$APPID$`;
  }

  /** Resolves when it has received this many callbacks. */
  async pushes(count: number): Promise<RecordedPush[]> {
    while (this.received.length < count) await new Promise<void>((resolve) => this.waiting.push(resolve));
    return this.received;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
