import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { SealedPush } from './sealed-pushes.js';

/** Of what was pushed: how long each took from when it was due, and which were answered `success`. */
export interface Pushed {
  tookMs: number[];
  successes: string[];
  seconds: number;
}

/** Pushes over kept-alive connections, one push at a time on each. */
export class PushClient {
  private constructor(private readonly connections: Connection[]) {}

  static async connect(url: string, count: number): Promise<PushClient> {
    return new PushClient(
      await Promise.all(Array.from({ length: count }, () => Connection.open(new URL(url)))),
    );
  }

  /** Each push at its time, whether or not the earlier ones are answered; one that finds no connection waits. */
  async atRate(pushes: SealedPush[], perSecond: number): Promise<Pushed> {
    const begun = performance.now();
    const due = (n: number) => begun + (n * 1000) / perSecond;
    return this.#push(pushes, begun, due, async (n) => {
      const early = due(n) - performance.now();
      if (early > 0) await delay(Math.ceil(early));
    });
  }

  /** As fast as all connections can. */
  flatOut(pushes: SealedPush[]): Promise<Pushed> {
    return this.#push(pushes, performance.now(), undefined, async () => undefined);
  }

  async #push(
    pushes: SealedPush[],
    begun: number,
    due: ((n: number) => number) | undefined,
    untilDue: (n: number) => Promise<void>,
  ): Promise<Pushed> {
    const pushed: Pushed = { tookMs: [], successes: [], seconds: 0 };
    const left = pushes.entries();
    const run = async (connection: Connection) => {
      for (const [n, { operationId, request }] of left) {
        await untilDue(n);
        const since = due?.(n) ?? performance.now();
        const answer = await connection.exchange(request);
        pushed.tookMs.push(performance.now() - since);
        if (answer.startsWith('HTTP/1.1 200') && answer.endsWith('success'))
          pushed.successes.push(operationId);
      }
    };
    await Promise.all(this.connections.map(run));
    pushed.seconds = (performance.now() - begun) / 1000;
    return pushed;
  }

  close(): void {
    for (const connection of this.connections) connection.close();
  }
}

class Connection {
  #answer = '';
  #answered: (answer: string) => void = () => undefined;

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('latin1').on('data', (part: string) => {
      this.#answer += part;
      if (!isWhole(this.#answer)) return;
      const answer = this.#answer;
      this.#answer = '';
      this.#answered(answer);
    });
    // What was not answered by then counts as no success.
    socket.on('error', () => undefined).on('close', () => this.#answered(''));
  }

  static open({ hostname, port }: URL): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true });
      socket.once('error', reject).once('connect', () => resolve(new Connection(socket)));
    });
  }

  exchange(request: Buffer): Promise<string> {
    if (this.socket.destroyed) return Promise.resolve('');
    return new Promise((resolve) => {
      this.#answered = resolve;
      this.socket.write(request);
    });
  }

  close(): void {
    this.socket.destroy();
  }
}

/** The gateway's answers say how long they are. */
function isWhole(answer: string): boolean {
  const head = answer.indexOf('\r\n\r\n');
  const length = /\r\ncontent-length: (\d+)/i.exec(answer)?.[1];
  return head >= 0 && answer.length >= head + 4 + Number(length ?? Number.POSITIVE_INFINITY);
}
