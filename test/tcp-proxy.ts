import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy in front of a port. */
export class TcpProxy {
  /** How many clients have connected. */
  connections = 0;
  /** How many of those that hang were closed by their clients. */
  givenUp = 0;
  readonly #clients = new Map<Socket, Socket>();
  readonly #server = createServer((client) => this.#pass(client));

  /** @param target of the connections from now on. */
  constructor(
    public target: number,
    private readonly host = '127.0.0.1',
  ) {}

  /** Begins to listen on a port, by default a free one, which it returns. */
  async listen(port = 0): Promise<number> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  /** Those that are connected get no further answer, and stay connected. */
  hang(): void {
    for (const [client, server] of this.#clients) {
      server.unpipe(client).resume();
      client.once('close', () => {
        this.givenUp += 1;
      });
    }
  }

  close(): void {
    this.#server.close();
    for (const client of this.#clients.keys()) client.destroy();
  }

  #pass(client: Socket): void {
    this.connections += 1;
    const server = connect(this.target, this.host);
    this.#clients.set(client, server);
    const end = () => {
      client.destroy();
      server.destroy();
      this.#clients.delete(client);
    };
    for (const socket of [client, server]) socket.on('error', end).on('close', end);
    client.pipe(server).pipe(client);
  }
}
