import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy in front of a port. */
export class TcpProxy {
  /** How many clients have connected. */
  connections = 0;
  readonly #sockets = new Set<Socket>();
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

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #pass(client: Socket): void {
    this.connections += 1;
    const server = connect(this.target, this.host);
    const end = () => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', end).on('close', end);
    }
    client.pipe(server).pipe(client);
  }
}
