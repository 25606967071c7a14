import {
  type ClientHttp2Session,
  connect,
  constants,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import {
  type AddressInfo,
  connect as connectTcp,
  createServer as createTcpServer,
  type Socket,
} from 'node:net';
import { ErrorInfo, RetryInfo, Status } from '@wxa/contracts';

/** Passes gRPC calls on, loses the connection of some after the headers of their responses, and refuses some. */
export class CuttingProxy {
  readonly #front = createTcpServer((socket) => this.#accept(socket));
  readonly #server = createServer();
  readonly #gateways = new WeakMap<ServerHttp2Session, ClientHttp2Session>();
  readonly #open = new Set<ServerHttp2Session>();
  readonly #seen = new Map<string, number>();
  cut = 0;
  /** For each refused call, how long after it the next call of its method came, in milliseconds. */
  readonly pausesMs: number[] = [];
  #refusedAt: number | undefined;

  /**
   * @param cuts by the method's name, the calls to cut: 1 is the first one.
   * @param refused likewise, the calls that get CALLER_RATE_LIMITED with a delay of `REFUSED_FOR_MS`.
   */
  private constructor(
    private readonly gateway: string,
    private readonly cuts: Record<string, number>,
    private readonly refused: Record<string, number>,
  ) {
    this.#server.on('session', (session) => this.#join(session));
    this.#server.on('stream', (stream, headers) => this.#pass(stream, headers));
  }

  static async start(
    gateway: string,
    cuts: Record<string, number>,
    refused: Record<string, number>,
  ): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(gateway, cuts, refused);
    await new Promise<void>((resolve) => proxy.#front.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get address(): string {
    return `127.0.0.1:${(this.#front.address() as AddressInfo).port}`;
  }

  stop(): void {
    for (const session of this.#open) session.destroy();
    this.#front.close();
  }

  /** As without a proxy, a client gets no connection while the gateway is restarted, so that no attempt of a call is lost. */
  #accept(socket: Socket): void {
    const { hostname, port } = new URL(`http://${this.gateway}`);
    const probe = connectTcp(Number(port), hostname, () => {
      probe.destroy();
      this.#server.emit('connection', socket);
    });
    socket.on('error', () => undefined);
    probe.on('error', () => socket.destroy());
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
    const method = methodOf(headers);
    const number = (this.#seen.get(method) ?? 0) + 1;
    this.#seen.set(method, number);
    client.on('error', () => undefined);
    if (this.#refuses(method, number)) {
      client.respond({ ':status': 200, 'content-type': 'application/grpc', ...REFUSAL }, { endStream: true });
      return;
    }
    const call = this.#gateways.get(session)?.request(headers);
    if (call === undefined) {
      session.destroy();
      return;
    }
    let trailers = {};
    call.on('error', () => session.destroy());
    call.on('response', (response, flags) => {
      if ((flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0)
        return client.respond(response, { endStream: true });
      client.respond(response, { waitForTrailers: true });
      if (this.cuts[method] !== number) return void call.pipe(client);
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

  #refuses(method: string, number: number): boolean {
    const afterRefused = (this.refused[method] ?? Number.NaN) + 1;
    if (number === afterRefused) this.pausesMs.push(performance.now() - (this.#refusedAt ?? 0));
    if (number !== this.refused[method]) return false;
    this.#refusedAt = performance.now();
    return true;
  }
}

function methodOf({ ':path': path = '' }: IncomingHttpHeaders): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Less than a second, so that a client that ignores the nanoseconds does not wait. */
export const REFUSED_FOR_MS = 700;

const info = { reason: 'CALLER_RATE_LIMITED', domain: 'wxa.code.v1', metadata: { api: '' } };
const packed = (type: string, value: Uint8Array) => ({
  typeUrl: `type.googleapis.com/google.rpc.${type}`,
  value: Buffer.from(value),
});
const details = [
  packed('ErrorInfo', ErrorInfo.encode(info).finish()),
  packed(
    'RetryInfo',
    RetryInfo.encode({ retryDelay: { seconds: 0n, nanos: REFUSED_FOR_MS * 1e6 } }).finish(),
  ),
];
const REFUSAL = {
  'grpc-status': '8',
  'grpc-message': 'refused',
  'grpc-status-details-bin': Buffer.from(
    Status.encode({ code: 8, message: 'refused', details }).finish(),
  ).toString('base64'),
};
