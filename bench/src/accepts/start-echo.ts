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
  const address = `127.0.0.1:${await freePort()}`;
  const server = await Child.start({
    name: 'echo',
    command: process.execPath,
    args: [PROGRAM],
    env: { GRPC_ADDR: address },
    logFile: `${logDir}/echo.log`,
  });
  const caller = new Caller(address);
  const stop = async () => {
    caller.close();
    await server.stop('SIGTERM', 1_000);
  };
  try {
    await waitUntil(() => caller.commit('wx0000000000000000', '1.0'), { name: 'echo', timeoutMs: READY_MS });
    return { pid: server.pid, caller, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
