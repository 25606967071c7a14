import {
  type ClientHttp2Session,
  connect,
  constants,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';

/** Passes gRPC calls on, and loses the connection of some after the headers of their responses. */
export class CuttingProxy {
  readonly #server = createServer();
  readonly #gateways = new WeakMap<ServerHttp2Session, ClientHttp2Session>();
  readonly #open = new Set<ServerHttp2Session>();
  readonly #seen = new Map<string, number>();
  cut = 0;

  /** @param cuts by the method's name, the calls to cut: 1 is the first one. */
  private constructor(
    private readonly gateway: string,
    private readonly cuts: Record<string, number>,
  ) {
    this.#server.on('session', (session) => this.#join(session));
    this.#server.on('stream', (stream, headers) => this.#pass(stream, headers));
  }

  static async start(gateway: string, cuts: Record<string, number>): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(gateway, cuts);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    for (const session of this.#open) session.destroy();
    this.#server.close();
  }

  /** A connection of the client is one to the gateway, and ends with it. */
  #join(session: ServerHttp2Session): void {
    const gateway = connect(`http://${this.gateway}`);
    this.#gateways.set(session, gateway);
    this.#open.add(session);
    gateway.on('error', () => undefined);
    session.on('error', () => undefined);
    gateway.on('close', () => session.destroy());
    session.on('close', () => {
      this.#open.delete(session);
      gateway.destroy();
    });
  }

  #pass(client: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const session = client.session as ServerHttp2Session;
    const call = this.#gateways.get(session)?.request(headers);
    if (call === undefined) {
      session.destroy();
      return;
    }
    let trailers = {};
    call.on('error', () => session.destroy());
    client.on('error', () => undefined);
    call.on('response', (response, flags) => {
      if ((flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0)
        return client.respond(response, { endStream: true });
      client.respond(response, { waitForTrailers: true });
      if (!this.#isCut(headers)) return void call.pipe(client);
      this.cut += 1;
      // The ping is answered after the headers have been read.
      session.ping(() => session.destroy());
    });
    call.on('trailers', (received) => {
      trailers = received;
    });
    client.on('wantTrailers', () => client.sendTrailers(trailers));
    client.pipe(call);
  }

  #isCut({ ':path': path = '' }: IncomingHttpHeaders): boolean {
    const method = path.slice(path.lastIndexOf('/') + 1);
    const number = (this.#seen.get(method) ?? 0) + 1;
    this.#seen.set(method, number);
    return this.cuts[method] === number;
  }
}
