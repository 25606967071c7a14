import { type Dispatcher, Pool, ProxyAgent } from 'undici';

export interface ConnectionsOptions {
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
