import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { ISocketFactory } from 'kafkajs';

/** Kafka API keys (https://kafka.apache.org/protocol#protocol_api_keys). */
export const PRODUCE = 0;
export const FETCH = 1;
export const METADATA = 3;
export const OFFSET_COMMIT = 8;
export const FIND_COORDINATOR = 10;
export const JOIN_GROUP = 11;

/** A request to the broker, or the response to it. */
export interface Passing {
  api: number;
  way: 'request' | 'answer';
  bytes: number;
}

/**
 * The fate of a message: passed, lost with its connection, lost silently, emptied, delayed until `release`, or torn: its first
 * half arrives, then its connection is reset.
 */
export type Fate = 'passes' | 'cut' | 'swallowed' | 'emptied' | 'held' | 'torn';

/** A TCP proxy in front of a broker, by default that of the test run. */
export class LossyProxy {
  /** Decides the fate of each message. */
  fate: (passing: Passing) => Fate = () => 'passes';
  readonly #sockets = new Set<Socket>();
  #held: (() => void)[] = [];

  private constructor(
    private readonly server: Server,
    private readonly broker: string,
  ) {
    server.on('connection', (client) => this.#pass(client));
  }

  static async start(broker = process.env.TEST_KAFKA_BROKERS ?? '', port = 0): Promise<LossyProxy> {
    const server = createServer();
    const proxy = new LossyProxy(server, broker);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  /** For kafkajs: brokers advertise their own address, so each socket is redirected to the proxy. */
  readonly socketFactory: ISocketFactory = ({ onConnect }) => {
    const { port } = this.server.address() as AddressInfo;
    return connect({ host: '127.0.0.1', port }, onConnect);
  };

  /** Gives a fate to the next messages that match, and returns how many have had it. */
  spoil(fate: Fate, times: number, matches: (passing: Passing) => boolean): () => number {
    let spoilt = 0;
    this.fate = (passing) => {
      if (spoilt === times || !matches(passing)) return 'passes';
      spoilt += 1;
      return fate;
    };
    return () => spoilt;
  }

  get openSockets(): number {
    return [...this.#sockets].filter(({ destroyed }) => !destroyed).length;
  }

  get heldCount(): number {
    return this.#held.length;
  }

  /** Passes on all delayed messages. */
  release(): void {
    for (const pass of this.#held.splice(0)) pass();
  }

  /** Ends all connections. */
  disconnect(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.server.close();
    this.disconnect();
    await once(this.server, 'close');
  }

  #pass(client: Socket): void {
    const [host = '', port] = this.broker.split(':');
    const broker = connect({ host, port: Number(port) });
    const end = () => {
      client.destroy();
      broker.destroy();
    };
    for (const socket of [client, broker]) {
      this.#sockets.add(socket);
      socket.on('error', end).on('close', end);
    }
    const apis = new Map<number, number>();
    const forward = (to: Socket, way: Passing['way'], api: number, frame: Buffer) => {
      const fate = this.fate({ api, way, bytes: frame.length });
      const pass = () => to.writable && to.write(frame);
      if (fate === 'cut') end();
      else if (fate === 'held') this.#held.push(pass);
      else if (fate === 'emptied') to.write(headerOf(frame));
      else if (fate === 'torn') to.write(frame.subarray(0, frame.length / 2), () => to.resetAndDestroy());
      else if (fate === 'passes') pass();
    };
    onFrame(client, (frame) => {
      const [api, correlation] = [frame.readInt16BE(4), frame.readInt32BE(8)];
      apis.set(correlation, api);
      forward(broker, 'request', api, frame);
    });
    onFrame(broker, (frame) => {
      forward(client, 'answer', apis.get(frame.readInt32BE(4)) ?? -1, frame);
    });
  }
}

/** For kafkajs with several brokers: redirects each socket to the proxy of the broker with its port. */
export function socketsThrough(proxies: ReadonlyMap<number, LossyProxy>): ISocketFactory {
  return (options) => {
    const proxy = proxies.get(options.port);
    if (proxy === undefined) throw new Error(`no proxy in front of port ${options.port}`);
    return proxy.socketFactory(options);
  };
}

/** The length and correlation id of an answer without a body. */
function headerOf(frame: Buffer): Buffer {
  const header = Buffer.from(frame.subarray(0, 8));
  header.writeInt32BE(4);
  return header;
}

/** A Kafka message is its length in four bytes, followed by that many bytes. */
function onFrame(socket: Socket, take: (frame: Buffer) => void): void {
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0);
      take(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  });
}
