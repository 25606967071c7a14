import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Child, freePort, waitUntil } from '@wxa/stack';
import { Caller } from '../caller.js';

const PROGRAM = fileURLToPath(new URL('./echo.js', import.meta.url));
const READY_MS = 20_000;

/** A bare gRPC server in a process of its own, and one who asks it. */
export interface Echo {
  pid: number;
  caller: Caller;
  stop(): Promise<void>;
}

export async function startEcho(logDir: string): Promise<Echo> {
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const server = await Child.start({
    name: 'echo',
    command: process.execPath,
    args: [PROGRAM],
    env: { GRPC_ADDR: address },
    logFile: `${logDir}/echo.log`,
  });
  const end = async () => void (await server.stop('SIGTERM', 1_000));
  try {
    // Not by a caller: for a second after a refusal grpc-js refuses by itself.
    await waitUntil(() => listens(port), { name: 'echo', timeoutMs: READY_MS });
  } catch (error) {
    await end();
    throw error;
  }
  const caller = new Caller(address);
  const stop = async () => {
    caller.close();
    await end();
  };
  return { pid: server.pid, caller, stop };
}

function listens(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}
