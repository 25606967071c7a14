import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readConfig, type SimConfig } from './config.js';
import { serveControl } from './control/control-side.js';
import { splitUrl } from './request-url.js';
import { Simulator } from './simulator.js';
import { serveWechat } from './wechat/wechat-side.js';

export interface RunningSim {
  /** `http://host:port`, both WeChat's API and `/sim`. */
  url: string;
  /** Stops at once: open calls are cut. */
  close(): Promise<void>;
}

/** Keep-alive longer than a client's pool keeps a connection, so that it is the client who closes first. */
const KEEP_ALIVE_MS = 60_000;

/**
 * Starts the stand-in in this process. What is not given is as with an empty environment, but on a
 * free port. Rejects where the address cannot be listened on.
 */
export async function startWechatSim(config: Partial<SimConfig> = {}): Promise<RunningSim> {
  const sim = new Simulator({ ...readConfig({}), port: 0, ...config });
  const server = createServer((req, res) => void serve(sim, req, res));
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.listen(sim.config.port, sim.config.host);
  await once(server, 'listening');
  return {
    url: `http://${sim.config.host}:${portOf(server.address())}`,
    async close() {
      sim.close();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A fault of ours cuts this one call and is told; the process goes on. */
async function serve(sim: Simulator, req: IncomingMessage, res: ServerResponse): Promise<void> {
  try {
    await (req.url?.startsWith('/sim/') ? serveControl : serveWechat)(sim, req, res);
  } catch (error) {
    process.stderr.write(`${req.method} ${splitUrl(req.url).path}: ${String(error)}\n`);
    res.destroy();
  }
}

function portOf(address: string | AddressInfo | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}
