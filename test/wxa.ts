import { type ChildProcess, spawn } from 'node:child_process';
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

/** A running command; `result` is complete once `ended` has resolved. */
export interface RunningWxa {
  child: ChildProcess;
  result: WxaResult;
  ended: Promise<WxaResult>;
}

/** Starts `wxa` with arguments and an environment. */
export function startWxa(
  args: string[],
  env: Record<string, string>,
  { input = '', cwd }: { input?: string; cwd?: string } = {},
): RunningWxa {
  const child = spawn(process.execPath, [CLI, ...args], { env: { ...process.env, ...env }, cwd });
  const result: WxaResult = { code: null, out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    result.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    result.err += chunk;
  });
  // A command that reads nothing may have ended by then.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const ended = once(child, 'close').then(([code]) => {
    result.code = code;
    return result;
  });
  return { child, result, ended };
}

/** Runs `wxa` with arguments and an environment, until it ends. */
export function wxa(args: string[], env: Record<string, string>, input?: string): Promise<WxaResult> {
  return startWxa(args, env, input === undefined ? {} : { input }).ended;
}
