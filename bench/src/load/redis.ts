import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Child, freePort, temporaryFolder, waitUntil } from '@wxa/stack';

const run = promisify(execFile);

export async function hasRedis(): Promise<boolean> {
  return run('redis-server', ['--version']).then(
    () => true,
    () => false,
  );
}

export interface Redis {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

/** Starts Redis with the settings that BullMQ's documentation recommends: append-only file, synced every second, no eviction. */
export async function startRedis(): Promise<Redis> {
  const port = await freePort();
  const folder = await temporaryFolder('redis');
  const settings = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--maxmemory-policy', 'noeviction'];
  const server = await Child.start({
    name: 'Redis',
    command: 'redis-server',
    args: ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder.path, '--save', '', ...settings],
    logFile: `${folder.path}/redis.log`,
  });
  await waitUntil(() => run('redis-cli', ['-p', String(port), 'ping']), { name: 'Redis', timeoutMs: 20_000 });
  return {
    url: `redis://127.0.0.1:${port}`,
    pid: server.pid,
    async stop() {
      await server.stop('SIGTERM', 5_000);
      await folder.release();
    },
  };
}
