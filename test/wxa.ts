import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The built program. */
export const CLI = fileURLToPath(new URL('../apps/cli/dist/main.js', import.meta.url));

/** How a command ended, and what it printed. */
export interface WxaResult {
  code: number | null;
  out: string;
  err: string;
}

/** Runs `wxa` with arguments and an environment, until it ends. */
export async function wxa(args: string[], env: Record<string, string>): Promise<WxaResult> {
  const child = spawn(process.execPath, [CLI, ...args], { env: { ...process.env, ...env } });
  const result: WxaResult = { code: null, out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    result.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    result.err += chunk;
  });
  [result.code] = await once(child, 'close');
  return result;
}
