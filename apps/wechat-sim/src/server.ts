import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readSimConfig, type SimConfig } from './config.js';
import { serveControl } from './control/control-side.js';
import { splitUrl } from './http-request.js';
import { Simulator } from './simulator.js';
import { serveWechat } from './wechat/wechat-side.js';

export interface RunningSim {
  /** `http://host:port` of both WeChat's API and `/sim`. */
  url: string;
  /** Stops immediately and cuts open calls. */
  close(): Promise<void>;
}

/** A keep-alive longer than that of a client's pool, so that the client closes connections first. */
const KEEP_ALIVE_MS = 60_000;

/**
 * Starts the simulator in this process. Missing settings have the values of an empty environment, except for a
 * free port. Rejects if it cannot listen on the address.
 */
export async function startWechatSim(config: Partial<SimConfig> = {}): Promise<RunningSim> {
  const sim = new Simulator({ ...readSimConfig({}), port: 0, ...config });
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

/** An error of the simulator cuts this one call and is logged; the process continues. */
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
