import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy that connects its clients to servers in turn, and to the next one if a server accepts no connection. */
export class Balancer {
  #servers: URL[] = [];
  #turn = 0;
  readonly #open = new Set<Socket>();
  readonly #server = createServer((client) => void this.#pass(client));

  /** Returns its URL. */
  async listen(): Promise<string> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  connectTo(urls: readonly string[]): void {
    this.#servers = urls.map((url) => new URL(url));
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
  }

  async #pass(client: Socket): Promise<void> {
    client.on('error', () => client.destroy());
    const server = await this.#connected();
    if (server === undefined || client.destroyed) {
      client.destroy();
      server?.destroy();
      return;
    }
    for (const socket of [client, server]) {
      this.#open.add(socket);
      const end = () => {
        client.destroy();
        server.destroy();
        this.#open.delete(socket);
      };
      socket.on('error', end).on('close', end);
    }
    client.pipe(server).pipe(client);
  }

  async #connected(): Promise<Socket | undefined> {
    this.#turn += 1;
    for (let i = 0; i < this.#servers.length; i += 1) {
      const { hostname, port } = this.#servers[(this.#turn + i) % this.#servers.length] as URL;
      const socket = connect(Number(port), hostname);
      try {
        await once(socket, 'connect');
        return socket;
      } catch {
        socket.destroy();
      }
    }
    return undefined;
  }
}
