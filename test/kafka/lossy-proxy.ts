import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { ISocketFactory } from 'kafkajs';

/** Numbers of Kafka's requests (https://kafka.apache.org/protocol#protocol_api_keys). */
export const PRODUCE = 0;
export const OFFSET_COMMIT = 8;

/** A request on its way to the broker, or the answer to it on its way back. */
export interface Passing {
  api: number;
  way: 'request' | 'answer';
}

/** What becomes of it: lost together with its connection, or lost without a word. */
export type Fate = 'passes' | 'cut' | 'swallowed';

/** A TCP proxy in front of the run's broker. */
export class LossyProxy {
  /** Asked for everything that passes. */
  fate: (passing: Passing) => Fate = () => 'passes';
  readonly #sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {
    server.on('connection', (client) => this.#pass(client));
  }

  static async start(): Promise<LossyProxy> {
    const server = createServer();
    const proxy = new LossyProxy(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  /** For kafkajs: the broker tells everyone its own address, so sockets are led here one by one. */
  readonly socketFactory: ISocketFactory = ({ onConnect }) => {
    const { port } = this.server.address() as AddressInfo;
    return connect({ host: '127.0.0.1', port }, onConnect);
  };

  async stop(): Promise<void> {
    this.server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.server, 'close');
  }

  #pass(client: Socket): void {
    const [host = '', port] = (process.env.TEST_KAFKA_BROKERS ?? '').split(':');
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
      const fate = this.fate({ api, way });
      if (fate === 'cut') end();
      else if (fate === 'passes' && to.writable) to.write(frame);
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

/** Every message of Kafka's protocol is its length in four bytes, then so much. */
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
