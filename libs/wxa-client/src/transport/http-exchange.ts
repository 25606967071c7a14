import type { Readable } from 'node:stream';
import { type Dispatcher, errors, Pool, ProxyAgent } from 'undici';

export interface HttpRequest {
  method: 'GET' | 'POST';
  /** Includes the query with the token, so no text that leaves this file may contain it. */
  path: string;
  body?: Uint8Array | Readable;
  /** These headers describe the body; by default it is JSON. */
  headers?: Record<string, string>;
  /** This limits the whole exchange, from waiting for a connection to the last byte of the response. */
  timeoutMs: number;
  maxResponseBytes: number;
  /** The first byte is not written after this time of performance.now(), because the caller's lease may have expired. */
  notAfter?: number | undefined;
  /** Asked when the first byte is about to be written: if true, nothing is written. */
  isWithdrawn?: (() => boolean) | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * `sent` says whether a byte of the request may have left; `code` is the system's or undici's code, `TOO_LATE`,
 * `WITHDRAWN` or empty.
 */
export interface HttpFailure {
  kind: 'failed';
  cause: 'connect' | 'timeout' | 'reset' | 'unreadable' | 'too-large' | 'aborted';
  sent: boolean;
  code: string;
}

export interface HttpAnswer {
  kind: 'answer';
  status: number;
  contentType: string;
  body: Buffer;
}

/** Sends at most once and never rejects. */
export function exchange(dispatcher: Dispatcher, request: HttpRequest): Promise<HttpAnswer | HttpFailure> {
  return new Promise((resolve) => {
    const handler = new ExchangeHandler(request, resolve);
    if (!handler.begin()) return;
    const { method, path, body = null } = request;
    const { headers = body === null ? {} : { 'content-type': 'application/json' } } = request;
    // `idempotent` is false even for GET, because some of WeChat's GETs have effects. Our own timer limits the exchange.
    const options = { method, path, body, headers, idempotent: false, headersTimeout: 0, bodyTimeout: 0 };
    dispatcher.dispatch(options, handler);
  });
}

class ExchangeHandler implements Dispatcher.DispatchHandler {
  private controller: Dispatcher.DispatchController | undefined;
  private settled = false;
  private timer: NodeJS.Timeout | undefined;
  private status = 0;
  private contentType = '';
  private size = 0;
  private readonly notAfter: number;
  private readonly chunks: Buffer[] = [];
  private readonly onAbort = () => this.fail('aborted');

  constructor(
    private readonly request: HttpRequest,
    private readonly resolve: (outcome: HttpAnswer | HttpFailure) => void,
  ) {
    const { notAfter = Number.POSITIVE_INFINITY, timeoutMs } = request;
    this.notAfter = Math.min(notAfter, performance.now() + timeoutMs);
  }

  begin(): boolean {
    const { signal, timeoutMs } = this.request;
    if (signal?.aborted) this.fail('aborted');
    else {
      signal?.addEventListener('abort', this.onAbort, { once: true });
      this.timer = setTimeout(() => this.fail('timeout'), timeoutMs);
    }
    return !this.settled;
  }

  /** Called right before the first byte is written. An exception here drops the request and keeps the connection. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    // The timer is not sufficient: in a process that was suspended, sockets are served before timers.
    if (performance.now() > this.notAfter) this.fail('connect', 'TOO_LATE');
    else if (this.request.isWithdrawn?.()) this.fail('connect', 'WITHDRAWN');
    if (this.settled) throw new Error('the call has ended');
    if (this.controller) throw new Error('the request was sent before');
    this.controller = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.status = status;
    this.contentType = String(headers['content-type'] ?? '');
    if (Number(headers['content-length'] ?? 0) > this.request.maxResponseBytes) this.fail('too-large');
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.size += chunk.length;
    if (this.size > this.request.maxResponseBytes) this.fail('too-large');
    else this.chunks.push(chunk);
  }

  onResponseEnd(): void {
    const { status, contentType } = this;
    this.settle({ kind: 'answer', status, contentType, body: Buffer.concat(this.chunks) });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const code = codeOf(error);
    if (!this.controller) this.fail('connect', code);
    else if (error instanceof errors.HTTPParserError) this.fail('unreadable', code);
    else this.fail(code === 'UND_ERR_HEADERS_OVERFLOW' ? 'too-large' : 'reset', code);
  }

  private fail(cause: HttpFailure['cause'], code = ''): void {
    this.settle({ kind: 'failed', cause, sent: this.controller !== undefined, code });
    this.controller?.abort(new Error(cause));
  }

  private settle(outcome: HttpAnswer | HttpFailure): void {
    if (this.settled) return;
    this.settled = true;
    clearTimeout(this.timer);
    this.request.signal?.removeEventListener('abort', this.onAbort);
    this.resolve(outcome);
  }
}

/** The message and the stack may contain the URL; a code cannot. */
function codeOf(error: Error): string {
  const code: unknown = 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]*$/.test(code) ? code : '';
}

/** Like encodeURIComponent, but a lone surrogate becomes U+FFFD instead of an exception; a blank becomes `%20`. */
export function percentEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1).replaceAll('+', '%20');
}

interface ConnectionsOptions {
  /** Maximum number of keep-alive connections. */
  connections: number;
  /** For setting up a connection, the tunnel of a proxy included. */
  timeoutMs: number;
  /** `http` or `https`, with percent-encoded credentials if the proxy needs them; undefined: no proxy. */
  proxyUrl: string | undefined;
}

/** The connections to an origin, direct or each through a CONNECT tunnel of a proxy. Throws a TypeError if `proxyUrl` is not a URL. */
export function connectionsTo(origin: string, options: ConnectionsOptions): Dispatcher {
  const { connections, timeoutMs, proxyUrl } = options;
  const limits = { connections, pipelining: 1 };
  if (proxyUrl === undefined) return new Pool(origin, { ...limits, connect: { timeout: timeoutMs } });
  const { uri, token } = proxyOf(proxyUrl);
  const agent = new ProxyAgent({
    ...limits,
    uri,
    ...(token && { token }),
    proxyTls: { timeout: timeoutMs },
    clientFactory: (proxy, given) => tunnelsTo(proxy, given, timeoutMs),
  });
  return agent.compose((dispatch) => (request, handler) => dispatch({ ...request, origin }, handler));
}

/** The proxy without its credentials, and these as a header. */
function proxyOf(proxyUrl: string): { uri: string; token: string } {
  const url = new URL(proxyUrl);
  const [user, password] = [url.username, url.password].map(decodeURIComponent);
  url.username = '';
  url.password = '';
  const credentials = Buffer.from(`${user}:${password}`).toString('base64');
  return { uri: url.href, token: user ? `Basic ${credentials}` : '' };
}

/** Why there is no tunnel. undici connects again without end after some codes of its own, so each gets another one. */
class NoTunnel extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

/** The connections to a proxy; each becomes a tunnel. A proxy that does not answer in time makes none. */
function tunnelsTo(proxy: URL, given: object, timeoutMs: number): Pool {
  const pool = new Pool(proxy, { ...given, headersTimeout: timeoutMs });
  const connect = pool.connect.bind(pool);
  return Object.assign(pool, {
    connect: async (options: Parameters<typeof connect>[0]) => {
      const tunnel = await connect(options).catch((error: NodeJS.ErrnoException) => {
        throw new NoTunnel(`PROXY_${error.code ?? 'FAILED'}`);
      });
      if (tunnel.statusCode === 200) return tunnel;
      tunnel.socket.on('error', () => undefined).destroy();
      throw new NoTunnel(`PROXY_STATUS_${tunnel.statusCode}`);
    },
  });
}
